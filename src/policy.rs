//! From findings to a decision: what is blacked out, and by what it is replaced.
//!
//! Overlapping findings are united, never resolved to one winner: whatever any of them covers is
//! blacked out, so that no byte of the loser stays in clear. The strictest action of them is taken,
//! and the placeholder names the gravest. Findings whose action is to report alone take no part.
//!
//! Alerts are another matter: several rules may find one secret, and an analyst wants to be told of it once
//! ([`Policy::tells_of_both`]).

use crate::limits::{PARTIAL_KEEPS, PARTIAL_SHORTEST};
use crate::rule::{Action, Category, GENERIC, Rule, RuleIndex, Ruleset, TokenKind};
use crate::scan::Finding;
use crate::seal::Recipient;
use crate::token::{Keys, Token, TokenKey};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// What stands for a value that was not scanned. Agents, and we ourselves, leave it alone.
pub const UNSCANNED: &str = "[REDACTED:unscanned]";

/// Stands for the id of a key that nobody keeps.
pub const FLEETING: &str = "fleeting";

/// Attributes that say who or which machine somebody is, as agents write them.
pub const IDENTITY_KEYS: [&str; 14] = [
    "user.email",
    "user.id",
    "user.name",
    "user.account_uuid",
    "user.account_id",
    "user.groups",
    "enduser.id",
    "enduser.pseudo.id",
    "process.user.name",
    "cursor.user.id",
    "ai.telemetry.metadata.userId",
    "host.name",
    "host.id",
    "device.id",
];

/// The family of the tokens that stand for somebody.
const IDENTITY: &str = "identity";

/// What such a token stands behind: `scan::placeholder` leaves it alone.
const PSEUDONYM: &str = "[REDACTED:identity:";

/// What is done with an attribute that says who somebody is. Whatever it is, what is found in it is told, but for
/// e-mail addresses: they are what people are called by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Identity {
    /// An e-mail address in it stays; anything else that is found is redacted as everywhere.
    #[default]
    Keep,
    /// A token stands in its place, the same for the same value.
    Hash,
    /// It is taken out.
    Remove,
}

/// What an operator wants done.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For rules that say nothing themselves.
    pub default_action: Action,
    /// By rule id, over what a rule says itself.
    pub actions: HashMap<String, Action>,
    /// What [`Action::Drop`] takes out.
    pub drop: DropScope,
    /// By rule id: whether its tokens last, over what a rule says itself.
    pub tokens: HashMap<String, TokenKind>,
    /// Attributes that name a user in alerts where no other does, the first first.
    pub user_fallback: Vec<Box<str>>,
    /// By rule id: fingerprints of findings that somebody answers for.
    pub suppressed: HashMap<String, HashSet<Token>>,
    /// Values that are no secrets here, in lower case.
    pub harmless: HashSet<Box<[u8]>>,
    /// By key: what is done with attributes that say who somebody is.
    pub identity: HashMap<Box<str>, Identity>,
    /// Whom [`Action::Seal`] seals to; without, it does what [`Action::Hash`] does.
    pub seal_to: Option<Recipient>,
}

/// What is taken out when a rule says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DropScope {
    /// The attribute.
    #[default]
    Attribute,
    /// The whole span, log record or data point.
    Record,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_action: Action::Mask,
            actions: HashMap::new(),
            drop: DropScope::Attribute,
            tokens: HashMap::new(),
            user_fallback: Vec::new(),
            suppressed: HashMap::new(),
            harmless: HashSet::new(),
            identity: IDENTITY_KEYS.map(|key| (key.into(), Identity::Keep)).into(),
            seal_to: None,
        }
    }
}

/// The settings, resolved for one ruleset, and the keys of the tokens.
#[derive(Debug)]
pub struct Policy {
    actions: Vec<Action>,
    default_action: Action,
    drop: DropScope,
    tokens: Vec<TokenKind>,
    keys: Keys,
    user_fallback: Arc<[Box<str>]>,
    seal_to: Option<Recipient>,
    identity: HashMap<Box<str>, Identity>,
    suppressed: Vec<HashSet<Token>>,
    harmless: HashSet<Box<[u8]>>,
}

/// What stands for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// In placeholders, and as fingerprint.
    pub now: Token,
    /// Under the key before, while that is known: to compare with what was told then.
    pub before: Option<Token>,
}

/// What is done with one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These ranges of the scan text are replaced; none at all if there was nothing but to report.
    Rewrite(Vec<Replacement>),
    /// The attribute is taken out.
    DropAttribute,
    /// The record is taken out.
    DropRecord,
}

/// One united range, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Of the scan text.
    pub range: Range<usize>,
    /// ASCII, without quotes, backslashes or white space: it fits into JSON at any depth.
    pub placeholder: String,
}

impl Policy {
    /// Resolves settings for a ruleset.
    #[must_use]
    pub fn new(ruleset: &Ruleset, settings: &Settings, keys: impl Into<Keys>) -> Self {
        let rules = || ruleset.rules().map(|(_, rule)| rule);
        let action = |rule: &Rule| settings.actions.get(&rule.id).copied().or(rule.action);
        let kind = |rule: &Rule| settings.tokens.get(&rule.id).copied().unwrap_or(rule.token);
        Self {
            actions: rules().map(|rule| action(rule).unwrap_or(settings.default_action)).collect(),
            default_action: settings.default_action,
            drop: settings.drop,
            tokens: rules().map(kind).collect(),
            keys: keys.into(),
            user_fallback: settings.user_fallback.clone().into(),
            seal_to: settings.seal_to.clone(),
            identity: settings.identity.clone(),
            suppressed: rules()
                .map(|rule| settings.suppressed.get(&rule.id).cloned().unwrap_or_default())
                .collect(),
            harmless: settings.harmless.clone(),
        }
    }

    /// What is done with a finding of this rule.
    #[must_use]
    pub fn action(&self, rule: RuleIndex) -> Action {
        self.actions.get(usize::from(rule.0)).copied().unwrap_or(Action::Mask)
    }

    /// What is done when neither rule nor operator says anything.
    #[must_use]
    pub const fn default_action(&self) -> Action {
        self.default_action
    }

    /// Attributes that name a user in alerts where no other does, the first first.
    #[must_use]
    pub fn user_fallback(&self) -> Arc<[Box<str>]> {
        Arc::clone(&self.user_fallback)
    }

    /// What stands for a decoded secret that a rule found.
    #[must_use]
    pub fn tokens(&self, index: RuleIndex, rule: &Rule, secret: &[u8]) -> Tokens {
        let canonical = (rule.category == Category::Pii).then(|| canonical(secret));
        let secret = canonical.as_deref().unwrap_or(secret);
        let of = |key: &TokenKey| key.token(rule.family(), secret);
        match self.token_kind(index) {
            TokenKind::Lasting => {
                Tokens { now: of(&self.keys.now), before: self.keys.before.as_ref().map(of) }
            }
            TokenKind::Fleeting => Tokens { now: self.keys.fleeting().map_or(Token::NONE, of), before: None },
        }
    }

    /// What the keys of a rule's tokens are known by: that of today, and that before while it is known.
    #[must_use]
    pub fn key_ids(&self, index: RuleIndex) -> (&str, Option<&str>) {
        let Keys { now, before, .. } = &self.keys;
        match self.token_kind(index) {
            TokenKind::Lasting => (now.id(), before.as_ref().map(|key| &**key.id())),
            TokenKind::Fleeting => (FLEETING, None),
        }
    }

    /// Whether somebody answers for what this rule found: it stays, and is not told. What another rule finds in
    /// the same place is another finding.
    #[must_use]
    pub fn suppresses(&self, index: RuleIndex, rule: &Rule, secret: &[u8]) -> bool {
        let listed = self.suppressed.get(usize::from(index.0)).filter(|listed| !listed.is_empty());
        listed.is_some_and(|listed| {
            let Tokens { now, before } = self.tokens(index, rule, secret);
            listed.contains(&now) || before.is_some_and(|before| listed.contains(&before))
        })
    }

    /// Whether what a rule found is a value that opens nothing here, whatever its case: `changeme`. Never so of personal
    /// data.
    #[must_use]
    pub fn is_harmless(&self, rule: &Rule, secret: &[u8]) -> bool {
        !self.harmless.is_empty()
            && rule.category == Category::Secret
            && self.harmless.contains(secret.to_ascii_lowercase().as_slice())
    }

    /// What is done with an attribute, if it says who somebody is.
    #[must_use]
    pub fn identity(&self, key: &str) -> Option<Identity> {
        self.identity.get(key).copied()
    }

    /// What stands for somebody; `None` if that stands there already.
    #[must_use]
    pub fn pseudonym(&self, value: &[u8]) -> Option<String> {
        let token = value.strip_prefix(PSEUDONYM.as_bytes()).and_then(|rest| rest.strip_suffix(b"]"));
        if token.is_some_and(Token::is_one) {
            return None;
        }
        Some(format!(
            "{PSEUDONYM}{}]",
            self.keys.now.token(IDENTITY, &value.trim_ascii().to_ascii_lowercase())
        ))
    }

    /// Whom what this rule finds is sealed to, if it is.
    #[must_use]
    pub fn seals(&self, rule: RuleIndex) -> Option<&Recipient> {
        self.seal_to.as_ref().filter(|_| self.action(rule) == Action::Seal)
    }

    fn token_kind(&self, index: RuleIndex) -> TokenKind {
        self.tokens.get(usize::from(index.0)).copied().unwrap_or_default()
    }

    /// Decides on the findings of one scan text.
    #[must_use]
    pub fn decide(&self, ruleset: &Ruleset, text: &[u8], findings: &[Finding]) -> Decision {
        let mut active: Vec<&Finding> =
            findings.iter().filter(|finding| self.action(finding.rule) != Action::Report).collect();
        if active.iter().any(|finding| self.action(finding.rule) == Action::Drop) {
            return match self.drop {
                DropScope::Attribute => Decision::DropAttribute,
                DropScope::Record => Decision::DropRecord,
            };
        }
        active.sort_by_key(|finding| finding.range.start);
        Decision::Rewrite(
            unite(&active)
                .into_iter()
                .map(|(range, group)| Replacement {
                    placeholder: self.placeholder(ruleset, text, group),
                    range,
                })
                .collect(),
        )
    }

    /// Which of two findings that overlap tells of both, if one of them does: that whose secret has the other's in it; of
    /// two that have the same, the graver one. It must not be the milder one, nor something else be done with it; and
    /// it is of the same kind, or alone knows the issuer of a secret, or goes before the other.
    #[must_use]
    pub fn tells_of_both<'f>(
        &self,
        ruleset: &Ruleset,
        text: &[u8],
        one: &'f Finding,
        other: &'f Finding,
    ) -> Option<&'f Finding> {
        // A text that is shown twice has its secrets in two places.
        let same = one.secret.len() == other.secret.len()
            && text.get(one.secret.clone()) == text.get(other.secret.clone());
        let holds = |wide: &Finding, narrow: &Finding| {
            wide.secret.start <= narrow.secret.start && narrow.secret.end <= wide.secret.end
        };
        let (told, untold) = match () {
            () if same && gravity(ruleset, one) < gravity(ruleset, other) => (other, one),
            () if same || holds(one, other) => (one, other),
            () if holds(other, one) => (other, one),
            () => return None,
        };
        let (tells, is_told) = (ruleset.rule(told.rule)?, ruleset.rule(untold.rule)?);
        let is_kind = [tells.family(), GENERIC].contains(&is_told.family());
        let is_enough = tells.category == is_told.category
            && (is_kind || is_told.precedence < tells.precedence)
            && is_told.severity <= tells.severity
            && self.action(told.rule) == self.action(untold.rule);
        is_enough.then_some(told)
    }

    fn placeholder(&self, ruleset: &Ruleset, text: &[u8], group: &[&Finding]) -> String {
        let gravest = group.iter().max_by_key(|finding| gravity(ruleset, finding));
        let Some(finding) = gravest else { return UNSCANNED.to_owned() };
        let Some(rule) = ruleset.rule(finding.rule) else { return UNSCANNED.to_owned() };
        let secret = text.get(finding.secret.clone()).unwrap_or_default();
        match self.group_action(group) {
            Action::Hash | Action::Seal => {
                format!("[REDACTED:{}:{}]", rule.label(), self.tokens(finding.rule, rule, secret).now)
            }
            Action::Partial => match last_characters(secret) {
                Some(kept) => format!("[REDACTED:{}:..{kept}]", rule.label()),
                None => format!("[REDACTED:{}]", rule.label()),
            },
            Action::Mask | Action::Drop | Action::Report => format!("[REDACTED:{}]", rule.label()),
        }
    }

    /// The strictest action of a group. A part may only be left in clear if all agree on what is whole.
    fn group_action(&self, group: &[&Finding]) -> Action {
        let strictest = group.iter().map(|finding| self.action(finding.rule)).max().unwrap_or(Action::Mask);
        let agree = group.windows(2).all(|pair| matches!(pair, [a, b] if a.secret == b.secret));
        if strictest == Action::Partial && !agree { Action::Mask } else { strictest }
    }
}

/// Personal data is written in many ways: a card number with spaces or dashes, an address with capitals.
/// Letters in lower case, digits, and of the rest what tells one from another: `@`, and in an e-mail
/// address the rest of what it is made of.
fn canonical(secret: &[u8]) -> Vec<u8> {
    let is_address = secret.contains(&b'@');
    let counts = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || is_address;
    secret.iter().filter(counts).map(u8::to_ascii_lowercase).collect()
}

/// Which of several findings names the place: the rule of the highest precedence; then secrets before personal data, the graver and surer rule
/// before the other, the narrower before the wider.
fn gravity(ruleset: &Ruleset, finding: &Finding) -> impl Ord + use<> {
    let rule = ruleset.rule(finding.rule);
    (
        rule.map(|rule| rule.precedence),
        rule.map(|rule| rule.category == Category::Secret),
        rule.map(|rule| rule.severity),
        finding.confidence,
        std::cmp::Reverse(finding.secret.len()),
        std::cmp::Reverse(finding.rule),
    )
}

/// Groups of findings that overlap, each with the range they cover together.
fn unite<'f>(mut sorted: &'f [&'f Finding]) -> Vec<(Range<usize>, &'f [&'f Finding])> {
    let mut groups = Vec::new();
    while let Some(first) = sorted.first() {
        let mut range = first.range.clone();
        let mut members = 1;
        while let Some(next) = sorted.get(members).filter(|next| next.range.start < range.end) {
            range.end = range.end.max(next.range.end);
            members += 1;
        }
        let Some((group, rest)) = sorted.split_at_checked(members) else { break };
        groups.push((range, group));
        sorted = rest;
    }
    groups
}

/// The last characters of a secret that is long enough to show some, if they fit into a placeholder.
fn last_characters(secret: &[u8]) -> Option<&str> {
    let (_, kept) = secret.split_at_checked(secret.len().checked_sub(PARTIAL_KEEPS)?)?;
    let fits = secret.len() >= PARTIAL_SHORTEST && kept.iter().all(u8::is_ascii_alphanumeric);
    std::str::from_utf8(kept).ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rule::{Confidence, Severity};

    fn rule(id: &str, severity: Severity, action: Option<Action>) -> Rule {
        Rule { id: id.to_owned(), severity, action, ..Rule::default() }
    }

    fn decide(actions: &[(Severity, Action)], found: &[(u16, Range<usize>)]) -> Decision {
        let rules = actions
            .iter()
            .enumerate()
            .map(|(i, (severity, action))| rule(&format!("t.r{i}"), *severity, Some(*action)))
            .collect();
        let ruleset = Ruleset::new(rules);
        let policy = Policy::new(
            &ruleset,
            &Settings::default(),
            TokenKey::new(b"0123456789abcdef0123456789abcdef").unwrap(),
        );
        let findings: Vec<_> = found
            .iter()
            .map(|(rule, range)| Finding {
                rule: RuleIndex(*rule),
                range: range.clone(),
                secret: range.clone(),
                confidence: Confidence::Low,
            })
            .collect();
        policy.decide(&ruleset, b"the quick brown fox jumps over the lazy dog", &findings)
    }

    fn rewritten(decision: Decision) -> Vec<(Range<usize>, String)> {
        match decision {
            Decision::Rewrite(all) => all.into_iter().map(|r| (r.range, r.placeholder)).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn overlapping_findings_are_united_under_the_gravest() {
        let rules = [(Severity::Low, Action::Mask), (Severity::High, Action::Mask)];
        let all = rewritten(decide(&rules, &[(0, 4..15), (1, 10..19), (0, 20..25)]));
        assert_eq!(all, [(4..19, "[REDACTED:t.r1]".to_owned()), (20..25, "[REDACTED:t.r0]".to_owned())]);
    }

    #[test]
    fn the_strictest_action_of_a_group_is_taken() {
        let rules = [(Severity::High, Action::Partial), (Severity::Low, Action::Mask)];
        assert_eq!(
            rewritten(decide(&rules, &[(0, 4..19), (1, 4..19)])),
            [(4..19, "[REDACTED:t.r0]".to_owned())]
        );
        assert_eq!(rewritten(decide(&rules, &[(0, 4..20)])), [(4..20, "[REDACTED:t.r0]".to_owned())]);
        assert_eq!(
            rewritten(decide(&rules, &[(0, 24..39)])),
            [(24..39, "[REDACTED:t.r0:..lazy]".to_owned())]
        );
    }

    #[test]
    fn a_place_is_named_by_the_highest_precedence_in_the_words_of_its_rule() {
        let named = |precedence: i16, placeholder: Option<&str>| {
            let low = Rule { precedence, ..rule("t.low", Severity::Low, None) };
            let low = Rule { placeholder: placeholder.map(str::to_owned), ..low };
            let ruleset = Ruleset::new(vec![low, rule("t.high", Severity::High, None)]);
            let key = TokenKey::new(b"0123456789abcdef0123456789abcdef").unwrap();
            let policy = Policy::new(&ruleset, &Settings::default(), key);
            let found = |number: u16| Finding {
                rule: RuleIndex(number),
                range: 0..9,
                secret: 0..9,
                confidence: Confidence::Low,
            };
            let decision = policy.decide(&ruleset, b"the quick brown", &[found(0), found(1)]);
            rewritten(decision).swap_remove(0).1
        };
        assert_eq!(named(0, Some("badge")), "[REDACTED:t.high]");
        assert_eq!(named(-1, Some("badge")), "[REDACTED:t.high]");
        assert_eq!(named(1, None), "[REDACTED:t.low]");
        assert_eq!(named(1, Some("badge")), "[REDACTED:badge]");
    }

    #[test]
    fn one_of_two_findings_of_a_secret_tells_of_both() {
        let named = |id: &str, severity, category| Rule { category, ..rule(id, severity, None) };
        let ruleset = Ruleset::new(vec![
            named("pii.person.far", Severity::Low, Category::Pii),
            named("pii.person.near", Severity::Medium, Category::Pii),
            named("pii.phone.near", Severity::Medium, Category::Pii),
            named("pii.person.watched", Severity::Low, Category::Pii),
            Rule { provider: "acme".to_owned(), ..named("acme.key", Severity::Medium, Category::Secret) },
            named("generic.secret", Severity::Low, Category::Secret),
            named("generic.password", Severity::High, Category::Secret),
        ]);
        let actions = [("pii.person.watched".to_owned(), Action::Report)].into();
        let settings = Settings { actions, ..Settings::default() };
        let policy = Policy::new(&ruleset, &settings, TokenKey::new(&[7; 32]).unwrap());
        let found = |(rule, range): (u16, Range<usize>)| Finding {
            rule: RuleIndex(rule),
            secret: range.clone(),
            range,
            confidence: Confidence::Low,
        };
        let text = b"Ada Lovelace, Ada Byron";
        for (one, other, teller) in [
            ((0, 0..12), (1, 0..12), Some(1)),
            ((1, 0..12), (0, 0..3), Some(1)),
            ((4, 0..12), (5, 0..12), Some(4)),
            ((6, 0..12), (5, 0..12), Some(6)),
            // Where the text is shown twice.
            ((0, 0..3), (1, 14..17), Some(1)),
            // What the other one does not know, or is milder than. More of a secret than the graver one has.
            ((4, 0..12), (6, 0..12), None),
            ((0, 0..12), (1, 0..3), None),
            ((4, 0..3), (5, 0..12), None),
            // Another kind of thing, something else that is done, another secret.
            ((1, 0..12), (2, 0..12), None),
            ((1, 0..12), (3, 0..12), None),
            ((0, 0..12), (1, 14..23), None),
        ] {
            let (one, other) = (found(one), found(other));
            for (one, other) in [(&one, &other), (&other, &one)] {
                let told = policy.tells_of_both(&ruleset, text, one, other);
                assert_eq!(told.map(|told| told.rule.0), teller, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_reported_finding_takes_no_part() {
        let rules = [(Severity::High, Action::Report), (Severity::Low, Action::Mask)];
        assert_eq!(
            rewritten(decide(&rules, &[(0, 0..9), (1, 4..9)])),
            [(4..9, "[REDACTED:t.r1]".to_owned())]
        );
        assert_eq!(decide(&rules, &[(0, 0..9)]), Decision::Rewrite(Vec::new()));
    }

    #[test]
    fn a_dropped_finding_takes_the_attribute_with_it() {
        let rules = [(Severity::High, Action::Drop)];
        assert_eq!(decide(&rules, &[(0, 0..9)]), Decision::DropAttribute);
    }

    #[test]
    fn personal_data_has_one_token_however_it_is_written() {
        for (one, other, same) in [
            ("4111 1111 1111 1111", "4111-1111-1111-1111", true),
            ("DE45 8881 3248", "de4588813248", true),
            ("Ada@Example.com", "ada@example.com", true),
            ("a.b@example.com", "ab@example.com", false),
            ("4111111111111111", "4111111111111112", false),
        ] {
            assert_eq!(canonical(one.as_bytes()) == canonical(other.as_bytes()), same, "{one} {other}");
        }
    }

    #[test]
    fn a_part_is_only_shown_of_what_is_long_enough() {
        assert_eq!(last_characters(b"4111111111111111"), Some("1111"));
        assert_eq!(last_characters(b"41111111111"), None);
        assert_eq!(last_characters(b"41111111111 11"), None);
    }
}
