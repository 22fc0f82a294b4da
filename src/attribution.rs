//! Who a finding belongs to, as the telemetry itself claims it.
//!
//! Read from a record *before* it is redacted, because redaction may black out the very address that
//! says whose it is; kept apart from the authenticated [`crate::principal::Principal`], because anyone
//! can write anything here. What a claim holds is a sender's text until the pipeline has scanned it.
//!
//! Three levels speak: resource, scope, record. A `user.id` or `enduser.id` on the resource was set by
//! whoever runs the fleet and comes first; then what the agent stamps on its records after its login;
//! then the rest of the resource. A `user.email` on the resource never overrides a login: it goes
//! stale in a shell profile.

use crate::otlp::{Level, View};
use crate::untrusted::Untrusted;

/// What the levels around a record claim. Filled level by level as a payload is walked.
#[derive(Default)]
pub struct Claims {
    levels: [LevelClaims; 3],
    trace_id: Vec<u8>,
    span_id: Vec<u8>,
}

#[derive(Default)]
struct LevelClaims {
    user: Claim,
    session: Claim,
    service: Claim,
    agent: Option<Agent>,
}

/// The best claim so far: the lower its rank, the better.
#[derive(Default)]
struct Claim {
    rank: Option<u8>,
    text: String,
}

/// One record's attribution, as claimed. Nothing of it may be printed before it was scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Which coding agent; our word, not the sender's.
    pub agent: Option<&'static str>,
    /// An e-mail address, an account or a login.
    pub user: Option<Untrusted>,
    /// A session, conversation or thread.
    pub session: Option<Untrusted>,
    /// `service.name`.
    pub service: Option<Untrusted>,
    /// In hex.
    pub trace_id: Option<String>,
    /// In hex.
    pub span_id: Option<String>,
}

impl Attribution {
    /// Whether another record claims the same agent, user, session and service.
    #[must_use]
    pub fn same_sender(&self, other: &Self) -> bool {
        let Self { agent, user, session, service, .. } = self;
        (agent, user, session, service) == (&other.agent, &other.user, &other.session, &other.service)
    }
}

/// How an agent was recognised, the surest first: a scope is set by its code, a service name by anyone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Cowork,
    Scope,
    RecordName,
    AttributeKey,
    ServiceName,
}

type Agent = (Evidence, &'static str);

impl Claims {
    /// A level begins: forgets what was claimed at it and inside it, and reads what it claims.
    pub fn enter(&mut self, view: View<'_>) {
        let depth = match view.level {
            Level::Resource => 0,
            Level::Scope => 1,
            Level::Record => 2,
        };
        for level in self.levels.iter_mut().skip(depth) {
            level.clear();
        }
        self.trace_id.clear();
        self.trace_id.extend_from_slice(view.trace_id);
        self.span_id.clear();
        self.span_id.extend_from_slice(view.span_id);
        if let Some(level) = self.levels.get_mut(depth) {
            level.read(view);
        }
    }

    /// What is claimed for the record that was entered last.
    #[must_use]
    pub fn attribution(&self) -> Attribution {
        let best = |claim: fn(&LevelClaims) -> &Claim| {
            let claims = self.levels.iter().map(claim).filter(|claim| claim.rank.is_some());
            claims.min_by_key(|claim| claim.rank).map(|claim| Untrusted::new(&*claim.text))
        };
        Attribution {
            agent: self.levels.iter().filter_map(|level| level.agent).min().map(|(_, agent)| agent),
            user: best(|level| &level.user),
            session: best(|level| &level.session),
            service: best(|level| &level.service),
            trace_id: hex(&self.trace_id),
            span_id: hex(&self.span_id),
        }
    }
}

impl LevelClaims {
    fn clear(&mut self) {
        for claim in [&mut self.user, &mut self.session, &mut self.service] {
            claim.rank = None;
            claim.text.clear();
        }
        self.agent = None;
    }

    fn read(&mut self, view: View<'_>) {
        let on_resource = view.level == Level::Resource;
        match view.level {
            Level::Resource => {}
            Level::Scope => self.recognise(Evidence::Scope, scope_agent(view.name)),
            Level::Record => self.recognise(Evidence::RecordName, prefix_agent(view.name)),
        }
        for (key, value) in view.attributes.scalars() {
            if let Some(rank) = user_rank(key, on_resource) {
                self.user.offer(rank, &value);
            } else if let Some(rank) = session_rank(key) {
                self.session.offer(rank, &value);
            } else if key == "service.name" {
                self.service.offer(0, &value);
                self.recognise_service(&value);
            } else if key == "event.name" {
                self.recognise(Evidence::RecordName, prefix_agent(&value));
            } else if self.agent.is_none() {
                self.recognise(Evidence::AttributeKey, prefix_agent(key));
            }
        }
    }

    fn recognise(&mut self, evidence: Evidence, agent: Option<&'static str>) {
        if let Some(agent) = agent {
            let found = (evidence, agent);
            self.agent = Some(self.agent.map_or(found, |known| known.min(found)));
        }
    }

    fn recognise_service(&mut self, name: &str) {
        match name {
            "office-agent" => self.recognise(Evidence::Cowork, Some("office-agent")),
            name if name.contains("cowork") => self.recognise(Evidence::Cowork, Some("claude-cowork")),
            name => self.recognise(Evidence::ServiceName, service_agent(name)),
        }
    }
}

impl Claim {
    fn offer(&mut self, rank: u8, text: &str) {
        if !text.is_empty() && self.rank.is_none_or(|known| rank < known) {
            self.rank = Some(rank);
            self.text.clear();
            self.text.push_str(text);
        }
    }
}

fn user_rank(key: &str, on_resource: bool) -> Option<u8> {
    let rank = match key {
        "user.id" if on_resource => 0,
        "enduser.id" if on_resource => 1,
        "user.email" => 2,
        "user.account_uuid" => 3,
        "user.account_id" => 4,
        "enduser.id" => 5,
        "user.id" => 6,
        "enduser.pseudo.id" => 7,
        "cursor.user.id" => 8,
        "ai.telemetry.metadata.userId" => 9,
        "user.name" | "process.user.name" => 10,
        "host.name" => 11,
        _ => return None,
    };
    let late = if on_resource && rank > 1 { 20 } else { 0 };
    Some(rank + late)
}

fn session_rank(key: &str) -> Option<u8> {
    Some(match key {
        "session.id" => 0,
        "gen_ai.conversation.id" => 1,
        "conversation.id" => 2,
        "ai.telemetry.metadata.sessionId" => 3,
        "thread.id" => 4,
        _ => return None,
    })
}

fn scope_agent(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "github.copilot" | "@github/copilot" => "copilot-cli",
        "copilot-chat" => "copilot-chat",
        "gemini-cli" => "gemini-cli",
        "cursor.telemetry" => "cursor",
        "com.opencode" | "opencode" => "opencode",
        "goose" => "goose",
        "qwen-code" => "qwen-code",
        _ if scope.starts_with("com.anthropic.claude_code") => "claude-code",
        _ if scope.starts_with("codex_") => "codex",
        _ => return None,
    })
}

fn prefix_agent(name: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 10] = [
        ("claude_code.", "claude-code"),
        ("copilot_chat.", "copilot-chat"),
        ("github.copilot.", "copilot-cli"),
        ("codex.", "codex"),
        ("gemini_cli.", "gemini-cli"),
        ("qwen-code.", "qwen-code"),
        ("cursor.", "cursor"),
        ("opencode.", "opencode"),
        ("goose.", "goose"),
        ("vscode.agent_host.", "vscode-agent-host"),
    ];
    PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, agent)| *agent)
}

fn service_agent(service: &str) -> Option<&'static str> {
    Some(match service {
        "claude-code" | "claude-code-desktop" => "claude-code",
        "copilot-chat" => "copilot-chat",
        "github-copilot" => "copilot-cli",
        "codex_cli_rs" | "codex_exec" | "codex-app-server" | "codex-cli" => "codex",
        "gemini-cli" => "gemini-cli",
        "qwen-code" => "qwen-code",
        "cursor" => "cursor",
        "goose" => "goose",
        "opencode" => "opencode",
        "vscode-agent-host" => "vscode-agent-host",
        _ => return None,
    })
}

fn hex(id: &[u8]) -> Option<String> {
    let set = id.iter().any(|byte| *byte != 0);
    set.then(|| data_encoding::HEXLOWER.encode(id))
}
