//! Which coding agent a record is of, by what its code and its operator write.

/// How an agent was recognised, the surest first: a scope is set by its code, a service name by anyone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    Cowork,
    Scope,
    RecordName,
    AttributeKey,
    ServiceName,
}

/// An agent, in our words, and how it was recognised.
pub(super) type Agent = (Evidence, &'static str);

/// By the name of an instrumentation scope.
pub(super) fn by_scope(scope: &str) -> Option<Agent> {
    let agent = match scope {
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
    };
    Some((Evidence::Scope, agent))
}

/// By the name of a record.
pub(super) fn by_record(name: &str) -> Option<Agent> {
    by_prefix(name).map(|agent| (Evidence::RecordName, agent))
}

/// By the key of an attribute.
pub(super) fn by_key(key: &str) -> Option<Agent> {
    by_prefix(key).map(|agent| (Evidence::AttributeKey, agent))
}

fn by_prefix(name: &str) -> Option<&'static str> {
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

/// By `service.name`. Cowork writes the scope of another agent, so its name comes before a scope.
pub(super) fn by_service(service: &str) -> Option<Agent> {
    let agent = match service {
        "office-agent" => return Some((Evidence::Cowork, "office-agent")),
        _ if service.contains("cowork") => return Some((Evidence::Cowork, "claude-cowork")),
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
    };
    Some((Evidence::ServiceName, agent))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::agent::AGENTS;
    use std::collections::BTreeSet;

    #[test]
    fn every_agent_is_recognised_and_is_one_of_ours() {
        let scopes = [
            "github.copilot",
            "copilot-chat",
            "gemini-cli",
            "cursor.telemetry",
            "opencode",
            "goose",
            "qwen-code",
        ];
        let more = ["com.anthropic.claude_code.events", "codex_core"];
        let by_scope = scopes.iter().chain(&more).map(|scope| by_scope(scope).unwrap().1);
        let services = [
            "office-agent",
            "claude-cowork",
            "claude-code",
            "codex_exec",
            "vscode-agent-host",
            "github-copilot",
        ];
        let by_service = services.iter().map(|service| by_service(service).unwrap().1);
        let records =
            ["claude_code.api_request", "vscode.agent_host.turn", "copilot_chat.session", "cursor.prompt"];
        let by_record = records.iter().map(|record| by_record(record).unwrap().1);
        let told: BTreeSet<&str> = by_scope.chain(by_service).chain(by_record).collect();
        assert_eq!(told, AGENTS.into_iter().collect());
    }
}
