//! Which attribute says what of a sender, and whose word counts first.

/// What a sender can claim of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Device,
    Version,
    Session,
    Conversation,
    Prompt,
    Tool,
    Model,
    Repository,
    Service,
}

/// How many kinds there are.
pub(super) const KINDS: usize = 10;

/// Added to what a resource says of a user, but for what a fleet sets: it goes stale in a shell profile.
const LATE: u8 = 20;

/// The rank of the first key an operator names as a fallback: behind all others.
pub(super) const FALLBACK: u8 = 2 * LATE;

/// What an attribute claims: the kind, and a rank; the lower, the sooner it is believed. A conversation is a
/// session to agents that write no other.
pub(super) fn claims(key: &str, on_resource: bool) -> impl Iterator<Item = (Kind, u8)> {
    let user = user(key).map(|rank| (Kind::User, if on_resource { on_a_resource(rank) } else { rank }));
    user.into_iter().chain(session(key).map(|rank| (Kind::Session, rank))).chain(rest(key))
}

const fn on_a_resource(rank: u8) -> u8 {
    match rank {
        USER_ID => 0,
        ENDUSER_ID => 1,
        rank => rank + LATE,
    }
}

const ENDUSER_ID: u8 = 5;
const USER_ID: u8 = 6;

fn user(key: &str) -> Option<u8> {
    Some(match key {
        "user.email" => 2,
        "user.account_uuid" => 3,
        "user.account_id" => 4,
        "enduser.id" => ENDUSER_ID,
        "user.id" => USER_ID,
        "enduser.pseudo.id" => 7,
        "cursor.user.id" => 8,
        "ai.telemetry.metadata.userId" => 9,
        "user.name" | "process.user.name" => 10,
        "host.name" => 11,
        _ => return None,
    })
}

fn session(key: &str) -> Option<u8> {
    Some(match key {
        "session.id" => 0,
        "gen_ai.conversation.id" => 1,
        "conversation.id" => 2,
        "ai.telemetry.metadata.sessionId" => 3,
        "thread.id" => 4,
        _ => return None,
    })
}

fn rest(key: &str) -> Option<(Kind, u8)> {
    Some(match key {
        "service.name" => (Kind::Service, 0),
        "service.version" => (Kind::Version, 0),
        "app.version" => (Kind::Version, 1),
        "gen_ai.agent.version" => (Kind::Version, 2),
        "host.name" => (Kind::Device, 0),
        "device.id" => (Kind::Device, 1),
        "host.id" => (Kind::Device, 2),
        "installation.id" => (Kind::Device, 3),
        "gen_ai.conversation.id" => (Kind::Conversation, 0),
        "conversation.id" => (Kind::Conversation, 1),
        "conversation_id" => (Kind::Conversation, 2),
        "prompt.id" => (Kind::Prompt, 0),
        "prompt_id" => (Kind::Prompt, 1),
        "turn.id" => (Kind::Prompt, 2),
        "gen_ai.tool.name" => (Kind::Tool, 0),
        "tool_name" => (Kind::Tool, 1),
        "tool.name" => (Kind::Tool, 2),
        "ai.toolCall.name" => (Kind::Tool, 3),
        "function_name" => (Kind::Tool, 4),
        "gen_ai.request.model" => (Kind::Model, 0),
        "gen_ai.response.model" => (Kind::Model, 1),
        "model" => (Kind::Model, 2),
        "ai.model.id" => (Kind::Model, 3),
        "llm.model_name" => (Kind::Model, 4),
        "vcs.repository.url.full" => (Kind::Repository, 0),
        "vcs.repository.name" => (Kind::Repository, 1),
        "github.copilot.git.repository" => (Kind::Repository, 2),
        "copilot_chat.repo.remote_url" => (Kind::Repository, 3),
        _ => return None,
    })
}
