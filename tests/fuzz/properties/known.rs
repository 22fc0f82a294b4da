//! What is known to break a promise, so that fuzzing finds something else. Each has a case in `known/`,
//! which says when it is mended and a line here can go.

/// Whether redacting again goes on where it left off. A secret longer than the longest match of its rule is
/// taken a piece a pass, two rules may take turns, and after three passes the rest is left as it is.
pub(crate) fn is_unfinished(after: &str) -> bool {
    after.contains("][REDACTED:")
}

/// Whether a content, or what it is with its escapes undone, looks like one that is known to come out wrong.
pub(crate) fn explains(content: &str) -> bool {
    let mut level = content.to_owned();
    for _ in 0..super::LEVELS {
        if begins_bare(&level) || is_coloured(&level) {
            return true;
        }
        level = super::layers::unescaped(&level);
    }
    false
}

/// An array whose first element is a number or a literal, with an object in it or an array: its bracket is
/// taken for that of a label.
fn begins_bare(content: &str) -> bool {
    content.match_indices('[').any(|(at, _)| {
        let inside = content[at + 1..].trim_start();
        inside.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-') && inside.contains(['{', '['])
    })
}

/// Colours next to JSON. In a string of it in which nothing is escaped they are not taken out; and where a
/// value begins in the middle of one (`31mx@blackbar.example`), or behind a lone escape, the bracket of its
/// placeholder is taken for a colour's.
fn is_coloured(content: &str) -> bool {
    let mut behind = content.split('\u{1b}').skip(1).peekable();
    let is_colour = behind.peek().is_some();
    behind.any(|text| !text.starts_with('[')) || (is_colour && content.contains('"'))
}
