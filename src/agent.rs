//! The coding agents that are told apart, in our words: in alerts, and in the scope of a rule.

/// All of them. What telemetry calls each is in `attribution`.
pub const AGENTS: [&str; 12] = [
    "claude-code",
    "claude-cowork",
    "codex",
    "copilot-chat",
    "copilot-cli",
    "cursor",
    "gemini-cli",
    "goose",
    "office-agent",
    "opencode",
    "qwen-code",
    "vscode-agent-host",
];
