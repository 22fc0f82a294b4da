//! Calls of tools and their results: which command has which output, where the two are strings of their own.
//!
//! Every agent has its own words for it: a command and its output beside one another
//! (`{"cmd": [...], "stdout": "..."}`), a call that holds the command and, in a later message, a result with the id of the
//! call. So keys are taken for what they say (`InCall`), and commands and outputs are noted as they come, each with
//! the nearest id around it. What is merely said (`content`, `text`) is an output where a tool says it: under a key
//! like `result`, beside `"role": "tool"`, `"type": "tool_result"`, or the id of a call.
//!
//! A command belongs to the outputs of the smallest object that holds it and no other, whichever comes first; then to
//! those with its id; and then to what comes next, the first of several commands to the first of several outputs.
//!
//! **Bias.** Without ids, what comes behind a command is its output. A wrong pair costs time, and is shown only if it looks
//! like something printed: see `printed`. An output that names a call goes to no other.
//!
//! Not done: a result whose call was cut off, or stands in another record.

use super::range32::Range32;
use super::{NodeId, Opened};
use crate::numbered;
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of the longest key that says something of a call, without its signs.
const LONGEST: usize = 20;

/// Bytes of the longest id, and of the longest word that says who speaks.
const LONGEST_ID: usize = 128;

/// Commands and outputs of one content that are looked at.
const MOST: usize = 4096;

/// Of those, how many may be in an object or an array that they are looked through for when it ends: a call, a result,
/// a turn. What holds more is a conversation, which says nothing of each.
const NEAR: usize = 64;

/// Outputs of one command.
const OUTPUTS: usize = 4;

/// Bytes of an attribute that are read together with another.
const ATTRIBUTE: usize = 4 << 10;

/// What a key says of its value, in a call of a tool or its result.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum InCall {
    #[default]
    None,
    /// It is a command line.
    Command,
    /// It is what a tool is called with: a command line, if it is one text.
    Arguments,
    /// It is what came of it.
    Output,
    /// It is said by somebody.
    Said,
    /// Which call it is.
    CallId,
    /// Which of whatever it is.
    Id,
    /// Who says what stands beside it.
    Speaker,
    /// What it is.
    Kind,
}

impl InCall {
    /// What a key says, in any spelling; one with dots by the last of its words.
    pub(super) fn of(key: &[u8]) -> Self {
        match letters(key, &mut [0; LONGEST]) {
            b"command" | b"cmd" | b"fullcommand" | b"bashcommand" | b"shellcommand" | b"commandline"
            | b"cmdline" | b"rawparams" | b"script" => Self::Command,
            b"arguments" | b"args" | b"argv" | b"commandargs" | b"functionargs" | b"toolargs"
            | b"toolarguments" | b"toolinput" | b"toolparameters" | b"parameters" | b"params" | b"input" => {
                Self::Arguments
            }
            b"stdout"
            | b"stdoutlines"
            | b"output"
            | b"commandoutput"
            | b"tooloutput"
            | b"aggregatedoutput"
            | b"formattedoutput"
            | b"functioncalloutput"
            | b"result"
            | b"toolresult"
            | b"functionresult"
            | b"response"
            | b"toolresponse"
            | b"functionresponse"
            | b"observation" => Self::Output,
            b"content" | b"text" | b"value" | b"data" => Self::Said,
            b"toolcallid" | b"tooluseid" | b"callid" | b"functioncallid" => Self::CallId,
            b"id" => Self::Id,
            b"role" => Self::Speaker,
            b"type" | b"kind" => Self::Kind,
            _ => Self::None,
        }
    }
}

/// The last word of a key without signs, in lower case; nothing if it is longer than any that is known.
fn letters<'b>(key: &[u8], buffer: &'b mut [u8; LONGEST]) -> &'b [u8] {
    let key = key.strip_suffix(b".value").unwrap_or(key);
    let last = key.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let mut len = 0;
    for byte in last.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        let Some(place) = buffer.get_mut(len) else { return &[] };
        *place = byte.to_ascii_lowercase();
        len += 1;
    }
    buffer.get(..len).unwrap_or_default()
}

/// What the value of an attribute is in a call, or holds of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A command line, or what a tool was called with.
    Called,
    /// What came of it, or what may have.
    Printed,
    /// What says which belong together.
    Around,
}

/// The side of a call that an attribute is on, as its key says. What is merely said is on one where the key has the
/// numbers of a conversation in it.
#[must_use]
pub fn side(key: &str) -> Option<Side> {
    match InCall::of(key.as_bytes()) {
        InCall::Command | InCall::Arguments => Some(Side::Called),
        InCall::Output => Some(Side::Printed),
        InCall::None => None,
        _ if !numbered::is_numbered(key) => None,
        InCall::Said => Some(Side::Printed),
        InCall::CallId | InCall::Id | InCall::Speaker | InCall::Kind => Some(Side::Around),
    }
}

/// As much of an attribute as its side of a call may be read from.
#[must_use]
pub fn beginning(text: &str) -> Range<usize> {
    0..text.floor_char_boundary(ATTRIBUTE)
}

/// One text in a call or a result.
#[derive(Clone, Copy)]
pub(super) struct Noted {
    what: What,
    /// Where it stands in the scan text.
    pub(super) value: Range32,
    pub(super) node: NodeId,
    /// The object that it is a member of.
    owner: NodeId,
    /// The id around it.
    id: Range32,
    is_call_id: bool,
    /// Whether an array is around it, in what was closed.
    is_listed: bool,
    /// The number of the command that it is the output of.
    command: Option<u32>,
    /// Of a command, how many outputs it has.
    outputs: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Command {
        /// Whether it stands under a key that says so.
        is_sure: bool,
    },
    Output,
    /// What may be one.
    Said,
    /// What is none.
    Other,
}

impl Noted {
    const fn is_command(&self) -> bool {
        matches!(self.what, What::Command { .. })
    }

    fn is_open(&self) -> bool {
        self.what == What::Output && self.command.is_none()
    }
}

/// What an object or an array says of the texts in it.
#[derive(Default, Clone, Copy)]
pub(super) struct Frame {
    /// The number of the first text in it.
    first: usize,
    /// What the key says whose value comes next.
    pub(super) next: InCall,
    id: Range32,
    is_call_id: bool,
    /// Whether a tool says what stands in it, or somebody else.
    is_of_tool: bool,
    is_of_other: bool,
}

impl Frame {
    /// One that begins here, under a key that says this.
    pub(super) fn begin(opened: &Opened, key: InCall) -> Self {
        Self { first: opened.calls.len(), is_of_tool: key == InCall::Output, ..Self::default() }
    }

    /// Takes note of a text of this object that stands under the last key.
    pub(super) fn leaf(&mut self, opened: &mut Opened, owner: NodeId, node: NodeId, value: &Range<usize>) {
        let text = opened.text.get(value.clone()).unwrap_or_default();
        match self.next {
            InCall::CallId | InCall::Id if text.len() <= LONGEST_ID => {
                let is_call_id = self.next == InCall::CallId;
                if is_call_id || self.id.is_empty() {
                    (self.id, self.is_call_id) = (value.clone().into(), is_call_id);
                }
            }
            InCall::Speaker if text.len() <= LONGEST_ID => {
                let is_tool =
                    matches!(letters(text, &mut [0; LONGEST]), b"tool" | b"function" | b"toolresult");
                self.is_of_tool |= is_tool;
                self.is_of_other |= !is_tool;
            }
            InCall::Kind if text.len() <= LONGEST_ID => {
                let mut buffer = [0; LONGEST];
                let kind = letters(text, &mut buffer);
                let ends = [&b"result"[..], b"response", b"output"];
                self.is_of_tool |= ends.iter().any(|end| kind.ends_with(end));
            }
            other => note(opened, other, owner, node, value),
        }
    }

    /// Says of the texts in an object or an array that ends what it says of them.
    pub(super) fn end(&self, opened: &mut Opened, is_object: bool) {
        let Opened { text, calls, .. } = opened;
        let inside = calls.get_mut(self.first..).filter(|inside| inside.len() <= NEAR);
        let Some(inside) = inside.filter(|inside| !inside.is_empty()) else { return };
        let calls_tool = inside.iter().any(Noted::is_command);
        let is_result = (self.is_of_tool || self.is_call_id && !self.is_of_other) && !calls_tool;
        for noted in inside.iter_mut() {
            if noted.what == What::Said && (is_result || self.is_of_other) {
                noted.what = if is_result { What::Output } else { What::Other };
            }
            if !self.id.is_empty() && (noted.id.is_empty() || self.is_call_id && !noted.is_call_id) {
                (noted.id, noted.is_call_id) = (self.id, self.is_call_id);
            }
            noted.is_listed |= !is_object;
        }
        if is_object {
            pair(inside, self.first, text);
        }
    }
}

/// Takes note of a command or an output.
pub(super) fn note(opened: &mut Opened, key: InCall, owner: NodeId, node: NodeId, value: &Range<usize>) {
    let what = match key {
        InCall::Command => What::Command { is_sure: true },
        InCall::Arguments => What::Command { is_sure: false },
        InCall::Output => What::Output,
        InCall::Said => What::Said,
        _ => return,
    };
    let Opened { text, calls, .. } = opened;
    let value: Range32 = value.clone().into();
    if value.is_empty() || calls.len() >= MOST {
        return;
    }
    let rank = |what: What, value: Range32| (what == What::Command { is_sure: true }, value.range().len());
    if let (What::Command { .. }, Some(last)) = (what, calls.last_mut().filter(|last| last.is_command())) {
        // A command with its arguments says more than the program alone.
        let is_of_same = last.owner == owner;
        if is_of_same && rank(what, value) > rank(last.what, last.value) {
            (last.what, last.value, last.node) = (what, value, node);
        }
        if is_of_same || text.get(last.value.range()) == text.get(value.range()) {
            return;
        }
    }
    calls.push(Noted {
        what,
        value,
        node,
        owner,
        id: Range32::default(),
        is_call_id: false,
        is_listed: false,
        command: None,
        outputs: 0,
    });
}

/// Gives the outputs in an object to the one command in it that has none.
fn pair(inside: &mut [Noted], first: usize, text: &[u8]) {
    let mut without = inside.iter().enumerate().filter(|(_, noted)| noted.is_command() && noted.outputs == 0);
    let (Some((at, command)), None) = (without.next(), without.next()) else { return };
    let command = *command;
    let mut outputs = 0;
    for (number, noted) in inside.iter_mut().enumerate().filter(|(_, noted)| noted.is_open()) {
        let is_near = number > at || !noted.is_listed;
        let are_apart = !noted.id.is_empty()
            && !command.id.is_empty()
            && text.get(noted.id.range()) != text.get(command.id.range());
        if is_near && !are_apart && (outputs as usize) < OUTPUTS {
            noted.command = u32::try_from(first + at).ok();
            outputs += 1;
        }
    }
    if let Some(command) = inside.get_mut(at) {
        command.outputs = outputs;
    }
}

/// The commands of a content with their outputs, in the order of those: numbers of what was noted.
pub(super) fn pairs(calls: &mut [Noted], text: &[u8]) -> Vec<(usize, usize)> {
    let mut turns = Turns::default();
    let mut late = Vec::new();
    for at in 0..calls.len() {
        let Some(noted) = calls.get(at).copied() else { continue };
        let id = text.get(noted.id.range()).filter(|id| !id.is_empty());
        if noted.is_command() {
            turns.by_id.extend(id.map(|id| (id, at)));
            if noted.outputs == 0 {
                turns.call(at);
            }
        } else if noted.is_open() {
            let command = id.and_then(|id| turns.by_id.get(id)).copied();
            match command {
                Some(command) => turns.answered(command),
                None if noted.is_call_id => late.push(at),
                None => {}
            }
            let command = command.or_else(|| turns.next(noted.owner).filter(|_| !noted.is_call_id));
            give(calls, at, command);
        }
    }
    for at in late {
        let id = calls.get(at).and_then(|noted| text.get(noted.id.range()));
        let command = id.and_then(|id| turns.by_id.get(id)).copied();
        give(calls, at, command);
    }
    let pair = |(output, noted): (usize, &Noted)| Some((noted.command? as usize, output));
    calls.iter().enumerate().filter_map(pair).collect()
}

/// Gives an output to a command, if that has not many.
fn give(calls: &mut [Noted], output: usize, command: Option<usize>) {
    let Some(at) = command else { return };
    let Some(command) = calls.get_mut(at).filter(|command| (command.outputs as usize) < OUTPUTS) else {
        return;
    };
    command.outputs += 1;
    if let Some(output) = calls.get_mut(output) {
        output.command = u32::try_from(at).ok();
    }
}

/// Commands that wait for their outputs.
#[derive(Default)]
struct Turns<'t> {
    by_id: HashMap<&'t [u8], usize>,
    waiting: Vec<usize>,
    /// Which of those the last output was given to, and whose that was.
    last: Option<(usize, NodeId)>,
}

impl Turns<'_> {
    /// A command comes.
    fn call(&mut self, at: usize) {
        if self.last.take().is_some() || self.waiting.len() >= NEAR {
            self.waiting.clear();
        }
        self.waiting.push(at);
    }

    /// A command was given its output by its id.
    fn answered(&mut self, at: usize) {
        self.waiting.retain(|waiting| *waiting != at);
    }

    /// The command for an output that comes: outputs of one object have the same.
    fn next(&mut self, owner: NodeId) -> Option<usize> {
        let place = match self.last {
            Some((place, last)) if last == owner => place,
            Some((place, _)) => (place + 1).min(self.waiting.len().saturating_sub(1)),
            None => 0,
        };
        let command = self.waiting.get(place).copied()?;
        self.last = Some((place, owner));
        Some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of a content below its commands.
    fn shown(content: &str) -> Vec<String> {
        let mut opened = Opened::default();
        opened.open(None, content.as_bytes());
        let printed = opened.text.get(opened.printed.clone()).unwrap_or_default();
        let parts = printed.split(|byte| *byte == crate::rule::SEPARATOR).filter(|part| !part.is_empty());
        parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
    }

    #[track_caller]
    fn check(content: &str, expected: &[&str]) {
        assert_eq!(shown(content), expected, "{content}");
    }

    #[test]
    fn a_key_is_known_in_any_spelling() {
        for (key, says) in [
            ("command", InCall::Command),
            ("github.copilot.tool.parameters.command", InCall::Command),
            ("full_command", InCall::Command),
            ("gen_ai.tool.call.arguments", InCall::Arguments),
            ("ai.toolCall.args", InCall::Arguments),
            ("input.value", InCall::Arguments),
            ("toolResponse", InCall::Output),
            ("gen_ai.tool.call.result", InCall::Output),
            ("tool_use_id", InCall::CallId),
            ("toolCallId", InCall::CallId),
            ("Role", InCall::Speaker),
            ("value", InCall::Said),
            ("output_tokens", InCall::None),
            ("a_rather_long_name_of_some_output", InCall::None),
            ("", InCall::None),
        ] {
            assert_eq!(InCall::of(key.as_bytes()), says, "{key}");
        }
    }

    #[test]
    fn an_output_belongs_to_the_command_beside_it() {
        for content in [
            r#"{"command": "show it", "stdout": "secret"}"#,
            r#"{"stdout": "secret", "command": "show it"}"#,
            r#"{"cmd": ["show", "it"], "stdout": "secret", "rc": 0, "stdout_lines": []}"#,
            r#"{"command": ["/bin/bash", "-lc", "show it"], "output": "secret"}"#,
            r#"{"command": "show", "args": ["it"], "output": "secret"}"#,
            r#"{"args": ["it"], "command": "show", "output": "secret"}"#,
            r#"{"command": "show it", "stdout_lines": ["secret", "more"]}"#,
            r#"{"tool_input": {"command": "show it"}, "tool_response": {"stdout": "secret", "stderr": ""}}"#,
            r#"{"arguments": "{\"command\":[\"bash\",\"-c\",\"show it\"]}", "output": "secret"}"#,
            r#"{"command": "show it", "output": "\"secret\""}"#,
            r#"{"command": "show it", "result": "{\"stdout\":\"secret\"}"}"#,
            r#"{"tool_input": {"command": "show it"}, "result": {"content": [{"type": "text", "text": "secret"}]}}"#,
            "{\"command\": \"show it\"}\n{\"stdout\": \"secret\"}",
            r#"{"bash_command": "show", "full_command": "show it", "output": "secret"}"#,
            r#"{"command": "show it", "stdout": "secret", "stderr": "and the text is cut"#,
        ] {
            check(content, &["$ show it\nsecret"]);
        }
    }

    #[test]
    fn a_result_belongs_to_the_call_with_its_id() {
        for content in [
            r#"[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"sh","arguments":"{\"command\":\"show it\"}"}},{"id":"b","function":{"arguments":"{\"command\":\"other\"}"}}]},{"role":"tool","tool_call_id":"b","content":"none"},{"role":"tool","tool_call_id":"a","content":"secret"}]"#,
            r#"[{"role":"assistant","content":[{"type":"tool_use","id":"a","input":{"command":"show it"}},{"type":"tool_use","id":"b","input":{"path":"x"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"file"},{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"secret"}]}]}]"#,
            r#"[{"type":"function_call","id":"fc_1","call_id":"a","arguments":"{\"command\":\"show it\"}"},{"type":"function_call","call_id":"b","arguments":"{\"command\":\"other\"}"},{"type":"function_call_output","call_id":"a","output":"secret"}]"#,
            r#"[{"parts":[{"arguments":{"command":"show it"},"id":"a","type":"tool_call"}],"role":"assistant"},{"parts":[{"id":"a","response":"secret","type":"tool_call_response"}],"role":"tool"}]"#,
            r#"[{"type":"tool_call_response","call_id":"a","content":"secret"},{"type":"tool_call","call_id":"a","arguments":{"command":"show it"}}]"#,
            r#"[{"role":"assistant","content":[{"type":"tool-call","toolCallId":"a","args":{"command":"show it"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"a","output":{"type":"text","value":"secret"}}]}]"#,
        ] {
            check(content, &["$ show it\nsecret"]);
        }
    }

    #[test]
    fn without_ids_results_come_in_the_order_of_calls() {
        let call = |command| format!(r#"{{"functionCall":{{"args":{{"command":"{command}"}}}}}}"#);
        let result =
            |output| format!(r#"{{"functionResponse":{{"name":"run","response":{{"output":"{output}"}}}}}}"#);
        let list = |turns: &[String]| format!("[{}]", turns.join(","));
        check(
            &list(&[call("one"), call("two"), result("secret1"), result("secret2")]),
            &["$ one\nsecret1", "$ two\nsecret2"],
        );
        check(
            &list(&[call("one"), result("secret1"), call("two"), result("secret2")]),
            &["$ one\nsecret1", "$ two\nsecret2"],
        );
        // That of a call before what was cut off.
        check(&list(&[result("secret0"), call("two"), result("secret2")]), &["$ two\nsecret2"]);
        check(&list(&[call("one"), call("two"), result("secret1")]), &["$ one\nsecret1"]);
    }

    #[test]
    fn what_nobody_called_is_no_output() {
        for content in [
            r#"{"stdout": "secret"}"#,
            r#"{"command": "show it"}"#,
            r#"[{"role":"assistant","content":[{"type":"tool_use","id":"a","input":{"command":"show it"}}]},{"role":"user","content":"secret"}]"#,
            r#"[{"role":"assistant","tool_calls":[{"id":"a","function":{"arguments":"{\"command\":\"show it\"}"}}],"content":"secret"}]"#,
            r#"[{"type":"function_call","call_id":"a","arguments":"{\"command\":\"show it\"}"},{"type":"function_call_output","call_id":"b","output":"secret"}]"#,
            r#"{"output":[{"type":"function_call","arguments":"{\"command\":\"show it\"}"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"secret"}]}]}"#,
            r#"{"messages":[{"output":"secret"},{"input":{"command":"show it"}}]}"#,
        ] {
            check(content, &[]);
        }
    }

    #[test]
    fn so_many_are_noted_and_so_many_given_to_one_command() {
        let outputs = |number: usize| vec![r#"{"stdout":"secret"}"#; number].join(",");
        let shown_of = |number| shown(&format!(r#"[{{"command":"show"}},{}]"#, outputs(number))).len();
        assert_eq!((shown_of(OUTPUTS), shown_of(OUTPUTS + 1)), (OUTPUTS, OUTPUTS));
        let pair = r#"{"command":"show","stdout":"secret"}"#;
        let shown_of = |number| shown(&format!("[{}]", vec![pair; number].join(","))).len();
        assert_eq!((shown_of(MOST / 2), shown_of(MOST / 2 + 1)), (MOST / 2, MOST / 2));
    }
}
