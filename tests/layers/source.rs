//! Reads as much Rust as the layer test needs: the paths a file names, and its keywords, without
//! comments and literals. It takes files as rustfmt leaves them; it is no defence against someone who
//! wants to hide an import (a macro could).

/// One word or mark, and what is known of where it stands.
#[derive(Debug, Clone)]
struct Token {
    text: String,
    line: usize,
}

/// Something a file names: `crate::scan::Finding`, `std::fs::read`, or a keyword alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The segments of the path.
    pub(crate) path: Vec<String>,
    /// The line, from one.
    pub(crate) line: usize,
    /// Whether it is only there when testing.
    pub(crate) in_test: bool,
    /// How many inline modules it stands in.
    pub(crate) inline: usize,
}

/// Every path of a file, `use` groups taken apart, and the keywords `async` and `await`.
pub(crate) fn names(text: &str) -> Vec<Named> {
    let tokens = tokens(text);
    let mut names = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    let mut test_until = 0;
    let mut at = 0;
    while at < tokens.len() {
        if is_cfg_test(&tokens[at..]) {
            test_until = test_until.max(item_end(&tokens, at + 7));
        }
        match tokens[at].text.as_str() {
            "{" => braces.push(at >= 2 && tokens[at - 2].text == "mod"),
            "}" => drop(braces.pop()),
            _ => {}
        }
        let inline = braces.iter().filter(|is_module| **is_module).count();
        let in_test = at < test_until;
        let mut name = |path: Vec<String>, line| {
            names.push(Named { path, line, in_test, inline });
        };
        if starts_path(&tokens, at) {
            let line = tokens[at].line;
            let mut paths = Vec::new();
            at = tree(&tokens, at, &[], &mut paths);
            paths.into_iter().for_each(|path| name(path, line));
            continue;
        }
        if matches!(tokens[at].text.as_str(), "async" | "await") {
            name(vec![tokens[at].text.clone()], tokens[at].line);
        }
        at += 1;
    }
    names
}

fn is_cfg_test(tokens: &[Token]) -> bool {
    let expected = ["#", "[", "cfg", "(", "test", ")", "]"];
    tokens.len() > expected.len() && tokens.iter().zip(expected).all(|(token, text)| token.text == text)
}

/// Where the item that begins here ends: after its `;` or its block.
fn item_end(tokens: &[Token], begin: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(begin) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn starts_path(tokens: &[Token], at: usize) -> bool {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let behind_use = at > 0 && is(at - 1, "use");
    let inside_path = at > 1 && is(at - 1, "::") && (is_word(&tokens[at - 2].text) || is(at - 2, ">"));
    is_word(&tokens[at].text) && !inside_path && (is(at + 1, "::") || behind_use)
}

/// Takes a path, or the tree of a `use`, and gives back where it ends.
fn tree(tokens: &[Token], mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(at) {
        if is_word(&token.text) {
            path.push(token.text.clone());
            if tokens.get(at + 1).is_some_and(|next| next.text == "::") {
                at += 2;
                continue;
            }
            at += 1;
        } else if token.text == "{" {
            return group(tokens, at + 1, &path, paths);
        } else if token.text == "*" {
            at += 1;
        }
        break;
    }
    paths.push(path);
    at
}

fn group(tokens: &[Token], mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "}" => return at + 1,
            "," => at += 1,
            "as" => at += 2,
            _ => at = tree(tokens, at, before, paths).max(at + 1),
        }
    }
    at
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let length = token_length(rest);
        let (token, behind) = rest.split_at(length);
        let skipped = token.starts_with("//") || token.starts_with("/*") || token.starts_with('"');
        if !skipped && !token.trim().is_empty() {
            tokens.push(Token { text: token.to_owned(), line });
        }
        line += token.matches('\n').count();
        rest = behind;
    }
    tokens
}

/// Bytes of the token, comment, literal or space at the start of a text that is not empty.
fn token_length(text: &str) -> usize {
    let first = text.chars().next().map_or(1, char::len_utf8);
    let until =
        |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    if text.starts_with("::") {
        return 2;
    }
    if let Some(hashes) = raw_string(text) {
        return until(&format!("\"{}", "#".repeat(hashes)), text.find('"').unwrap_or(0) + 1);
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    if let Some(behind) = text.strip_prefix('\'') {
        // 'a' and '\n' are characters, 'a alone is a lifetime.
        let character = behind.starts_with('\\') || text.chars().nth(2) == Some('\'');
        return if character { quoted(text, '\'') } else { 1 };
    }
    let word = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    word.max(first)
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The hashes of the raw string that begins here, if one does.
fn raw_string(text: &str) -> Option<usize> {
    let behind = ["r", "br", "cr"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    behind[hashes..].starts_with('"').then_some(hashes)
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}
