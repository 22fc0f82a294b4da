//! Arrays of a document that are commands, and what its keys say of calls of tools: what was called, and what came of it.
//!
//! See [`command`] for what is shown of a command, and [`call`] for what becomes of it and its output.

use super::super::call::{self, InCall};
use super::super::role::Role;
use super::super::{NodeId, command, printed};
use super::{Container, LONGEST_NAME, Reader};
use std::ops::Range;

impl Reader<'_, '_> {
    /// Shows an array as the command line that it is, if it may be one.
    pub(super) fn command(&mut self, array: &Container) {
        let words: Vec<_> = match self.words.get(array.words..) {
            Some(words) if self.may_be_command(array, words.len()) => words.to_vec(),
            _ => Vec::new(),
        };
        let are_apart = self.are_apart(array);
        self.first_line(array);
        self.words.truncate(array.words);
        if are_apart {
            self.opened.part_leaves(array.node);
        }
        if words.is_empty() {
            return;
        }
        let Some(beside) = self.containers.last_mut().map(|container| &mut container.beside) else {
            return self.show_command(array.node, &(0..0), &words);
        };
        let mut program = 0..0;
        match beside.next {
            Role::Arguments if beside.program.is_empty() => {
                beside.arguments = Some((array.node, words.clone()));
            }
            Role::Arguments => program = beside.program.clone(),
            // `"command": ["mysql"], "args": [...]`, as Kubernetes has it.
            Role::Command if beside.program.is_empty() => {
                self.program(words.first().cloned().unwrap_or_default());
            }
            _ => {}
        }
        self.show_command(array.node, &program, &words);
    }

    /// Takes note of the program that is called, and shows its arguments if they came before it.
    pub(super) fn program(&mut self, program: Range<usize>) {
        let Some(Container { beside, .. }) = self.containers.last_mut() else { return };
        beside.program = program.clone();
        if let Some((node, arguments)) = beside.arguments.take() {
            self.show_command(node, &program, &arguments);
        }
    }

    /// Shows an array as a command line, and takes note of that, if it is called like one: of what is handed to a shell,
    /// if it is that.
    fn show_command(&mut self, node: NodeId, program: &Range<usize>, words: &[Range<usize>]) {
        command::show(self.opened, self.top, node, program, words);
        let key = self.key_in_call();
        if !matches!(key, InCall::Command | InCall::Arguments) {
            return;
        }
        let text = |word: &Range<usize>| self.opened.text.get(word.clone()).unwrap_or_default();
        let shell = if program.is_empty() { words.first() } else { Some(program) };
        let handed = match words {
            [.., option, handed] if printed::is_option(text(option)) => Some(handed),
            _ => None,
        };
        let handed = handed.filter(|_| shell.is_some_and(|shell| printed::is_shell(text(shell)))).cloned();
        let whole = self.opened.parts.last().map(|part| part.value.range());
        let owner = self.containers.last().map_or(self.top.node, |above| above.node);
        if let Some(line) = handed.or(whole) {
            call::note(self.opened, InCall::Command, owner, node, &line);
        }
    }

    /// Takes note of what stands here in a call of a tool.
    pub(super) fn in_call(&mut self, node: NodeId, value: &Range<usize>) {
        match self.containers.last_mut() {
            Some(Container { call, .. }) if call.next == InCall::None => {}
            Some(Container { call, node: owner, .. }) => call.leaf(self.opened, *owner, node, value),
            // A string in a string.
            None => {
                let key = self.key_in_call();
                call::note(self.opened, key, self.top.node, node, value);
            }
        }
    }

    /// Takes note of the first of the lines that an output is given as.
    fn first_line(&mut self, array: &Container) {
        let first = self.words.get(array.words).filter(|_| self.key_in_call() == InCall::Output).cloned();
        if let Some(first) = first {
            let owner = self.containers.last().map_or(self.top.node, |above| above.node);
            call::note(self.opened, InCall::Output, owner, array.node, &first);
        }
    }

    /// What the key says, in a call of a tool, that stands before what comes now or came last.
    pub(super) fn key_in_call(&self) -> InCall {
        match self.containers.last() {
            Some(above) => above.call.next,
            None => InCall::of(self.opened.own_name(self.top.node, self.top.outer)),
        }
    }

    pub(super) fn end_call(&mut self, container: &Container) {
        container.call.end(self.opened, container.elements == 0);
    }

    /// Whether an array of so many strings is called like a command, or has an option in it.
    fn may_be_command(&self, array: &Container, words: usize) -> bool {
        let all_strings = words == (array.elements as usize).min(command::MOST_WORDS);
        all_strings && words > 0 && (self.is_called_command() || (words > 1 && array.has_option))
    }

    /// Whether the array that was closed last is called like a command.
    fn is_called_command(&self) -> bool {
        let called = match self.containers.last() {
            Some(container) => container.beside.next,
            None => Role::of(self.top.outer.rsplit(|byte| *byte == b'.').next().unwrap_or_default()),
        };
        matches!(called, Role::Command | Role::Arguments)
    }

    /// Whether the elements of an array are no pieces of one text: the words of a command, or variables
    /// (`["PATH=...", "TOKEN=..."]`).
    fn are_apart(&self, array: &Container) -> bool {
        let words = self.words.get(array.words..).unwrap_or_default();
        let text = |word: &Range<usize>| self.opened.text.get(word.clone()).unwrap_or_default();
        words.len() > 1 && (self.is_called_command() || words.iter().all(|word| is_variable(text(word))))
    }
}

/// Whether a text is a variable with its value.
fn is_variable(text: &[u8]) -> bool {
    let name = text.iter().take(LONGEST_NAME);
    let len = name.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    // A sign with nothing but more of them behind it fills base64 up.
    let value = text.get(len..).and_then(|rest| rest.strip_prefix(b"="));
    text.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && value.is_some_and(|value| value.iter().any(|byte| *byte != b'='))
}
