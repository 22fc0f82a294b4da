//! What a new rule starts from: a file that passes the linter as it stands, with what to change beside it.

/// A file of rules with one rule of that id, for `rules/` of a pack.
///
/// # Errors
/// If the id is none, with what to write.
pub fn template(id: &str) -> Result<String, String> {
    crate::rule::check_id(id)?;
    let provider = id.split('.').next().unwrap_or_default();
    let prefix = id.replace('.', "_");
    let category = if provider == "pii" { "pii" } else { "secret" };
    Ok(TEMPLATE
        .replace("{id}", id)
        .replace("{provider}", provider)
        .replace("{prefix}", &prefix)
        .replace("{category}", category))
}

const TEMPLATE: &str = r##"#:schema rule.schema.json
# (`blackbar rules schema` prints that file; editors complete keys and words by it.)
#
# 1. Change what stands here; take out what you do not need.
# 2. blackbar rules lint FILE        does it do what it says, alone and among others; what does it cost
# 3. blackbar rules explain FILE     why a text was hit, or was not
# 4. [rules] directory = "DIR"       in the configuration: your pack beside the one that is built in

[[rule]]
id = "{id}"                         # stable: policies, suppressions and alerts refer to it
name = "{provider} key"             # what people read in an alert
description = "What it finds, and what it knowingly misses."
provider = "{provider}"             # who issues it; leave it out where nobody does
category = "{category}"             # secret | pii
severity = "high"                   # low | medium | high | critical
confidence = "high"                 # low: shape alone | medium: shape and context | high: a format of its own
# version = 1                       # counts what you change, for people who compare packs
# status = "experimental"           # stable | experimental: off until somebody asks for it | deprecated
# enabled = false                   # off until somebody asks for it with [rules] enable
# action = "mask"                   # report | partial | hash | mask | drop; without it the policy decides

# Bytes, not characters; linear time, so no look-around and no back-references. It needs
# - a literal of three bytes in every match, in any case (or `anchor = "at"`, an @; or `anchor = "digits"`,
#   seven of them within 32 bytes; or words near it, see below): by it a text is told from all others without a
#   regular expression;
# - a longest match: {24,128}, not + or *.
# The group `secret` is what is found, and blacked out. Without groups it is all of the match. To black out more
# than the secret, put (?P<redact>...) round both.
pattern = '\b{prefix}_(?P<secret>[0-9A-Za-z]{24,128})\b'

# What a match has to pass, in this order: `blackbar rules show ID` says what each asks.
validators = ["not_placeholder"]
references = ["https://example.com/where-the-format-is-published"]
tags = ["cwe-798"]

# For a value without a format of its own: one of these words before it, or behind it, or in what it is called; and
# none of the last on either side. A blank stands for one of ` _-.`, or for nothing.
# keywords = { before = ["badge no"], after = ["is my badge"], in_key = ["badge"], without = ["ticket"], within = 40 }
# characters = { digits = 1, capitals = 1, small = 1, others = 1, distinct = 6 }    # the least of each
# requires = { rule = "{provider}.id", within = 200 }    # another finding that has to stand near
# scope = { signals = ["logs"], agents = ["codex"], paths = ["log.attributes.arguments*"] }    # where it counts
# placeholder = "badge"             # [REDACTED:badge], in place of the id
# cut = false                       # a text that ends in its beginning is not cut off: only its end tells it
# precedence = 1                    # of findings that overlap, the highest names the place

# At least two of each. Made up: never a secret that was in use. Write down what is to be found, exactly.
examples = [
    { text = "export KEY={prefix}_b1ackbarEXAMPLE0b1ackbar2", secret = "b1ackbarEXAMPLE0b1ackbar2" },
    '{"key": "{prefix}_b4rEXAMPLE9b1ackbarEXAMPLE3"}',
]
negative_examples = [
    'see {prefix}_KEY in the documentation',
    '{prefix}_b1ackbar',
]
"##;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pack::lint;
    use crate::rule::Ruleset;

    #[test]
    fn a_new_rule_passes_the_linter_as_it_stands() {
        for id in ["acme.api_key", "a.b", "pii.acme.badge"] {
            let text = template(id).unwrap();
            let ruleset = Ruleset::from_files([("new.toml".to_owned(), text)]).unwrap();
            assert_eq!(lint(&ruleset), [], "{id}");
            assert!(ruleset.index_of(id).is_some());
        }
        assert!(template("acme").is_err());
    }
}
