//! The middle of the line, and the file to read first.
//!
//! [`process`] takes one decoded request and gives back what may leave, with what was found in it.
//! It is pure: no I/O, no clock, no logging. Its answer depends on the payload, the ruleset, the
//! policy and the token keys alone, so the same content comes out the same by whatever route and in whatever
//! encoding it came in. What is sealed for an alert is encrypted anew each time.

use crate::attribution::{Claimed, Claims, Cleaning, Origin};
use crate::content::Limit;
use crate::otlp::{Payload, View};
use crate::policy::Tokens;
use crate::redact::{Found, JUST_AN_ADDRESS, Known, Redacted, Redactor, Unscanned, Witness};
use crate::rule::{Action, Confidence, RuleIndex};
use crate::token::Token;
use crate::untrusted::Untrusted;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

/// What came of one request.
pub struct Processed {
    /// What may leave.
    pub payload: Redacted<Payload>,
    /// What was found, in the order it stood in the request.
    pub detections: Vec<Detection>,
    /// What could not be scanned, and was replaced, in the order it stood in the request.
    pub blanks: Vec<Blank>,
    /// Contents with something in them that somebody answers for, by rule.
    pub suppressed: HashMap<RuleIndex, u64>,
    /// Spans, log records or data points that were received.
    pub received: usize,
    /// Of those, how many the policy took out.
    pub dropped: usize,
}

/// One secret of one sender in one kind of place, and whose it is. Holds no secret: every string in it has been scanned.
#[derive(Debug, Clone)]
pub struct Detection {
    /// Whose it is.
    pub rule: RuleIndex,
    /// How sure.
    pub confidence: Confidence,
    /// What was done.
    pub action: Action,
    /// Stand for the secret.
    pub tokens: Tokens,
    /// The secret, for whoever has the identity it was sealed to.
    pub sealed: Option<Arc<str>>,
    /// Where it was found first.
    pub path: String,
    /// How often it stands there, over the records of the request.
    pub count: u64,
    /// In how many records.
    pub records: u64,
    /// Who and what the record said it came from.
    pub origin: Arc<Origin>,
}

/// Values of one sender that could not be scanned, in one kind of place. Holds no text of them.
#[derive(Debug, Clone)]
pub struct Blank {
    /// The bound they were over.
    pub limit: Limit,
    /// Where the first of them stood.
    pub path: String,
    /// How many, over the records of the request.
    pub count: u64,
    /// In how many records.
    pub records: u64,
    /// Who and what the record said it came from.
    pub origin: Arc<Origin>,
}

/// Takes a decoded request through the line: every content is located, opened, scanned, decided on
/// and rewritten.
pub fn process(payload: Payload, redactor: &mut Redactor) -> Processed {
    let received = payload.records();
    let mut observer = Observer::new(Claims::new(redactor.policy().user_fallback()));
    let payload = redactor.payload(payload, &mut observer);
    let Observer { records, findings, blanks, suppressed, .. } = observer;
    let origins = origins(&records, redactor);
    let mut people = People { records: &records, origins: &origins, strict: HashMap::new() };
    let detections = findings.into_iter().filter_map(|finding| finding.of(&mut people, redactor)).collect();
    let blanks = blanks.into_iter().filter_map(|blank| blank.of(&origins)).collect();
    let dropped = received.saturating_sub(payload.inner().records());
    Processed { payload, detections, blanks, suppressed, received, dropped }
}

/// Notes what was found, and what its record claimed before it was rewritten. The same secret comes
/// many times in one request, in each turn of a conversation: of one sender it is noted once for each
/// kind of place, with the way to the first, and counted.
struct Observer {
    claims: Claims,
    /// Whether the record that is being walked has its claims in `records`.
    claimed: bool,
    /// Claims of the records in which something was found.
    records: Vec<Claimed>,
    /// The first of `records` that claims the same sender as the last.
    sender: usize,
    /// How many levels (resources, scopes, records) were entered.
    level: u64,
    findings: Vec<Noted>,
    blanks: Vec<NotedBlank>,
    suppressed: HashMap<RuleIndex, u64>,
    /// What was found: its place in `findings`.
    known: HashMap<(RuleIndex, Token, usize, u64), usize>,
    /// What could not be scanned: its place in `blanks`.
    blank: HashMap<(Limit, usize, u64), usize>,
    /// Tells places apart: under a fresh key, because senders choose what they are called.
    places: RandomState,
}

/// How often something was seen.
#[derive(Clone, Copy)]
struct Times {
    count: u64,
    records: u64,
    /// The level that was entered last when it was seen last.
    level: u64,
}

impl Times {
    const fn once(level: u64) -> Self {
        Self { count: 1, records: 1, level }
    }

    const fn again(&mut self, level: u64) {
        self.count += 1;
        if self.level != level {
            (self.records, self.level) = (self.records + 1, level);
        }
    }
}

struct Noted {
    rule: RuleIndex,
    confidence: Confidence,
    action: Action,
    tokens: Tokens,
    sealed: Option<Arc<str>>,
    path: String,
    times: Times,
    record: usize,
}

struct NotedBlank {
    limit: Limit,
    path: String,
    times: Times,
    record: usize,
}

impl Witness for Observer {
    fn enter(&mut self, view: View<'_>) {
        self.claims.enter(view);
        self.level += 1;
        self.claimed = false;
    }

    fn agent(&self) -> Option<&'static str> {
        self.claims.agent()
    }

    fn found(&mut self, found: Found<'_>) {
        if !self.claimed {
            self.claim();
        }
        let mut place = self.places.build_hasher();
        found.hash_place(&mut place);
        let key = (found.known.rule, found.known.tokens.now, self.sender, place.finish());
        let there = self.known.get(&key).and_then(|at| self.findings.get_mut(*at));
        if let Some(noted) = there {
            noted.times.again(self.level);
            noted.confidence = noted.confidence.max(found.known.confidence);
            return;
        }
        self.known.insert(key, self.findings.len());
        let Known { rule, confidence, action, tokens, .. } = *found.known;
        let sealed = found.known.sealed.clone();
        let record = self.records.len() - 1;
        let (path, times) = (found.path(), Times::once(self.level));
        self.findings.push(Noted { rule, confidence, action, tokens, sealed, path, times, record });
    }

    fn suppressed(&mut self, rule: RuleIndex) {
        *self.suppressed.entry(rule).or_default() += 1;
    }

    fn unscanned(&mut self, unscanned: Unscanned<'_>) {
        if !self.claimed {
            self.claim();
        }
        let limit = unscanned.limit;
        let mut place = self.places.build_hasher();
        unscanned.hash_place(&mut place);
        let key = (limit, self.sender, place.finish());
        if let Some(noted) = self.blank.get(&key).and_then(|at| self.blanks.get_mut(*at)) {
            noted.times.again(self.level);
            return;
        }
        self.blank.insert(key, self.blanks.len());
        let record = self.records.len() - 1;
        let (path, times) = (unscanned.path(), Times::once(self.level));
        self.blanks.push(NotedBlank { limit, path, times, record });
    }
}

impl NotedBlank {
    fn of(self, origins: &[Arc<Origin>]) -> Option<Blank> {
        let Self { limit, path, times: Times { count, records, .. }, record } = self;
        Some(Blank { limit, path, count, records, origin: Arc::clone(origins.get(record)?) })
    }
}

impl Observer {
    fn new(claims: Claims) -> Self {
        Self {
            claims,
            claimed: false,
            records: Vec::new(),
            sender: 0,
            level: 0,
            findings: Vec::new(),
            blanks: Vec::new(),
            suppressed: HashMap::new(),
            known: HashMap::new(),
            blank: HashMap::new(),
            places: RandomState::new(),
        }
    }

    /// Takes down what the record that was entered last claims.
    fn claim(&mut self) {
        let claims = self.claims.attribution();
        if self.records.last().is_none_or(|last| !last.same_sender(&claims)) {
            self.sender = self.records.len();
        }
        self.records.push(claims);
        self.claimed = true;
    }
}

impl Noted {
    fn of(self, people: &mut People<'_>, redactor: &mut Redactor) -> Option<Detection> {
        let Self {
            rule,
            confidence,
            action,
            tokens,
            sealed,
            path,
            times: Times { count, records: seen, .. },
            record,
        } = self;
        let origin = people.behind(record, rule, tokens.now, redactor)?;
        Some(Detection { rule, confidence, action, tokens, sealed, path, count, records: seen, origin })
    }
}

/// Whom findings are of.
struct People<'a> {
    records: &'a [Claimed],
    origins: &'a [Arc<Origin>],
    /// By record: the claimed user without any address.
    strict: HashMap<usize, Arc<str>>,
}

impl People<'_> {
    /// Who is behind a record, as an alert about this secret may tell it: an alert never holds what it is about.
    fn behind(
        &mut self,
        record: usize,
        rule: RuleIndex,
        found: Token,
        redactor: &mut Redactor,
    ) -> Option<Arc<Origin>> {
        let mut origin = Arc::clone(self.origins.get(record)?);
        let Some(user) = self.records.get(record)?.user.as_ref().map(Untrusted::expose) else {
            return Some(origin);
        };
        if redactor.tokens(rule, user.as_bytes()).is_some_and(|user| user.now == found) {
            Arc::make_mut(&mut origin).user = Some(format!("[REDACTED:{found}]").into());
        } else if redactor.finds_addresses(rule) && user.contains('@') {
            // An address with something around it may be the one that was found.
            let strict = self.strict.entry(record).or_insert_with(|| redactor.clean(user).into());
            if **strict != *JUST_AN_ADDRESS {
                Arc::make_mut(&mut origin).user = Some(Arc::clone(strict));
            }
        }
        Some(origin)
    }
}

/// The origins of records, in their order. One after the other they mostly claim the same, but for trace
/// and span. A claim is a sender's text: it is scanned like any other before it can be told. A user may be told
/// by an e-mail address, which is personal data; by a card number or a token in its place it may not.
fn origins(records: &[Claimed], redactor: &mut Redactor) -> Vec<Arc<Origin>> {
    let mut origins: Vec<Arc<Origin>> = Vec::with_capacity(records.len());
    let mut before: Option<&Claimed> = None;
    for claimed in records {
        let known = before.zip(origins.last().map(|origin| &**origin));
        let origin = claimed.cleaned(known, |cleaning, text| match cleaning {
            Cleaning::User => redactor.clean_user(text).into(),
            Cleaning::Text => redactor.clean(text).into(),
        });
        origins.push(Arc::new(origin));
        before = Some(claimed);
    }
    origins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::policy::{DropScope, Identity, Policy, Settings};
    use crate::rule::{Ruleset, TokenKind};
    use crate::scan::Scanner;
    use crate::signal::Signal;
    use crate::token::{Keys, TokenKey};
    use serde_json::json;
    use std::sync::LazyLock;

    const CARD: &str = "4111 1111 1111 1111";
    const KEY: &str = "AKIABLACKBAREXAMPLE2";

    /// That of the embedded pack: it takes seconds to build.
    fn scanner() -> Arc<Scanner> {
        static SCANNER: LazyLock<Arc<Scanner>> =
            LazyLock::new(|| Arc::new(Scanner::new(Ruleset::embedded().unwrap()).unwrap()));
        Arc::clone(&SCANNER)
    }

    fn redactor(settings: &Settings) -> Redactor {
        let scanner = scanner();
        let key = TokenKey::new(&[7; 32]).unwrap();
        let policy = Arc::new(Policy::new(scanner.ruleset(), settings, key));
        Redactor::new(scanner, policy)
    }

    fn logs(records: &serde_json::Value) -> Processed {
        logs_by(&mut redactor(&Settings::default()), records)
    }

    fn logs_by(redactor: &mut Redactor, records: &serde_json::Value) -> Processed {
        let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
        let payload = Payload::from_json(Signal::Logs, request.as_bytes()).unwrap();
        process(payload, redactor)
    }

    fn json_of(processed: &Processed) -> String {
        let mut out = Vec::new();
        processed.payload.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn attribute(key: &str, value: &str) -> serde_json::Value {
        json!({"key": key, "value": {"stringValue": value}})
    }

    /// More layers than are opened.
    fn too_deep() -> String {
        let text = "the beginning of a long text".to_owned();
        (0..14).fold(text, |text, _| data_encoding::BASE64.encode(text.as_bytes()))
    }

    #[test]
    fn a_user_is_told_by_an_address_and_by_nothing_else_that_is_found() {
        for (user, told) in [
            ("ada@example.org", "ada@example.org"),
            (CARD, "[REDACTED:pii.payment_card]"),
            (KEY, "[REDACTED:aws.access_key_id]"),
            ("ada", "ada"),
        ] {
            let body = json!({"stringValue": "ssn 078-05-1120"});
            let processed = logs(&json!([{"body": body, "attributes": [attribute("user.id", user)]}]));
            let about = processed.detections.iter().find(|found| found.path == "log.body").unwrap();
            assert_eq!(about.origin.user.as_deref(), Some(told), "{user}");
        }
    }

    #[test]
    fn what_says_who_somebody_is_is_kept_hashed_or_removed_and_looked_at() {
        let with = |what: Identity, value: &str| {
            let identity = [("user.email".into(), what)].into();
            let mut redactor = redactor(&Settings { identity, ..Settings::default() });
            let inside = json!({"user.email": value}).to_string();
            let attributes =
                [attribute("user.email", value), attribute("other", value), attribute("in", &inside)];
            let processed = logs_by(&mut redactor, &json!([{"attributes": attributes}]));
            let again = Payload::from_json(Signal::Logs, json_of(&processed).as_bytes()).unwrap();
            assert_eq!(json_of(&processed), json_of(&process(again, &mut redactor)), "{what:?} {value}");
            let told: Vec<_> = processed.detections.iter().map(|found| found.path.clone()).collect();
            let clean: serde_json::Value = serde_json::from_str(&json_of(&processed)).unwrap();
            let record = &clean["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
            let mut kept = record["attributes"].as_array().unwrap().iter();
            let kept = kept.find(|attribute| attribute["key"] == "user.email").cloned();
            (kept.map(|kept| kept["value"]["stringValue"].as_str().unwrap().to_owned()), told)
        };
        let own = r#"log.attributes["user.email"]"#.to_owned();
        let (kept, told) = with(Identity::Keep, "ada@example.org");
        assert_eq!((kept.as_deref(), told.contains(&own)), (Some("ada@example.org"), false));
        assert_eq!(told.len(), 2, "the same address elsewhere is one to be told of: {told:?}");
        let (kept, told) = with(Identity::Keep, KEY);
        assert_eq!((kept.as_deref(), told.contains(&own)), (Some("[REDACTED:aws.access_key_id]"), true));
        let (kept, told) = with(Identity::Hash, "Ada@example.org");
        assert_eq!((&kept, told.contains(&own)), (&with(Identity::Hash, "ada@example.org").0, false));
        assert!(kept.unwrap().starts_with("[REDACTED:identity:"));
        let (kept, told) = with(Identity::Hash, KEY);
        assert!(kept.unwrap().starts_with("[REDACTED:identity:") && told.contains(&own));
        let (kept, told) = with(Identity::Remove, KEY);
        assert_eq!((kept, told.contains(&own)), (None, true));
    }

    #[test]
    fn what_somebody_answers_for_stays_and_is_counted_and_nothing_else_does() {
        let fingerprint = found_with(&mut redactor(&Settings::default()), &[]).tokens.now;
        let suppressed = [("aws.access_key_id".to_owned(), [fingerprint].into())].into();
        let mut redactor = redactor(&Settings { suppressed, ..Settings::default() });
        let other = "AKIABLACKBAREXAMPLE3";
        let text = format!("key {KEY}, {other}; url https://u:{KEY}@example.org/ {CARD}");
        let processed =
            logs_by(&mut redactor, &json!([{"body": {"stringValue": text}}, {"body": {"stringValue": KEY}}]));
        let left = json_of(&processed);
        assert!(left.contains(&format!("key {KEY}, [REDACTED:aws.access_key_id]")), "{left}");
        assert!(left.contains("https://[REDACTED:") || left.contains("https://u:[REDACTED:"), "{left}");
        assert!(left.contains("[REDACTED:pii.payment_card]") && !left.contains(other), "{left}");
        let rule = redactor.scanner().ruleset().index_of("aws.access_key_id").unwrap();
        assert_eq!(processed.suppressed.get(&rule), Some(&2), "once a content");
        assert!(
            processed.detections.iter().all(|found| found.rule != rule || found.tokens.now != fingerprint)
        );
    }

    #[test]
    fn what_is_harmless_here_is_no_finding_as_long_as_it_is_all_of_it() {
        let harmless = [b"changeme"[..].into(), b"4111 1111 1111 1111"[..].into()].into();
        let mut redactor = redactor(&Settings { harmless, ..Settings::default() });
        let text = format!("password: ChangeMe\npassword: changeme7\n{CARD}");
        let processed = logs_by(&mut redactor, &json!([{"body": {"stringValue": text}}]));
        let left = json_of(&processed);
        assert!(
            left.contains("password: ChangeMe") && !left.contains("changeme7") && !left.contains(CARD),
            "{left}"
        );
    }

    #[test]
    fn no_more_is_sealed_in_one_request_than_is_allowed() {
        let seal_to = Some(crate::seal::Identity::new().recipient());
        let settings = Settings { default_action: Action::Seal, seal_to, ..Settings::default() };
        let records: Vec<_> = (0..crate::limits::SEALS + 3)
            .map(|number| json!({"body": {"stringValue": format!("pw: hunter{number}-NRtGqF8v")}}))
            .collect();
        let processed = logs_by(&mut redactor(&settings), &json!(records));
        let sealed = processed.detections.iter().filter(|found| found.sealed.is_some()).count();
        assert_eq!((processed.detections.len(), sealed), (records.len(), crate::limits::SEALS));
        assert!(!json_of(&processed).contains("hunter"));
    }

    #[test]
    fn a_secret_that_comes_often_takes_the_room_of_one() {
        let seal_to = Some(crate::seal::Identity::new().recipient());
        let settings = Settings { default_action: Action::Seal, seal_to, ..Settings::default() };
        let mut records: Vec<_> = (0..crate::limits::SEALS + 3)
            .map(|number| json!({"body": {"stringValue": format!("turn {number}: {KEY}")}}))
            .collect();
        records.push(json!({"body": {"stringValue": CARD}}));
        let processed = logs_by(&mut redactor(&settings), &json!(records));
        assert!(processed.detections.len() > 1);
        assert!(processed.detections.iter().all(|found| found.sealed.is_some()));
    }

    #[test]
    fn an_alert_about_the_users_address_does_not_hold_it() {
        let processed = logs(&json!([{
            "body": {"stringValue": "Ada@example.org"},
            "attributes": [attribute("user.email", "Ada@example.org")],
        }]));
        let user = processed.detections[0].origin.user.as_deref().unwrap();
        assert!(user.starts_with("[REDACTED:") && !user.contains("example"), "{user}");
    }

    /// The first finding of a record with these attributes.
    fn found_with(redactor: &mut Redactor, attributes: &[(&str, &str)]) -> Detection {
        let attributes: Vec<_> = attributes.iter().map(|(key, value)| attribute(key, value)).collect();
        let records = json!([{"body": {"stringValue": KEY}, "attributes": attributes}]);
        logs_by(redactor, &records).detections.swap_remove(0)
    }

    #[test]
    fn a_finding_comes_with_what_its_record_claims() {
        type Told = fn(&Origin) -> &Option<Arc<str>>;
        let all: [(&str, &str, Told); 10] = [
            ("service.version", "2.1.0", |origin| &origin.agent_version),
            ("user.account_id", "user_01", |origin| &origin.user),
            ("host.name", "laptop-7", |origin| &origin.device),
            ("session.id", "s-1", |origin| &origin.session),
            ("gen_ai.conversation.id", "c-1", |origin| &origin.conversation),
            ("prompt.id", "p-1", |origin| &origin.prompt),
            ("tool_name", "Bash", |origin| &origin.tool),
            ("gen_ai.request.model", "opus", |origin| &origin.model),
            ("vcs.repository.name", "acme/app", |origin| &origin.repository),
            ("service.name", "claude-code", |origin| &origin.service),
        ];
        let attributes: Vec<_> = all.iter().map(|(key, value, _)| (*key, *value)).collect();
        let origin = found_with(&mut redactor(&Settings::default()), &attributes).origin;
        for (key, value, told) in &all {
            assert_eq!(told(&origin).as_deref(), Some(*value), "{key}");
            let secret = found_with(&mut redactor(&Settings::default()), &[(key, CARD)]).origin;
            assert_eq!(told(&secret).as_deref(), Some("[REDACTED:pii.payment_card]"), "{key}");
        }
        assert_eq!(origin.agent.as_deref(), Some("claude-code"));
    }

    #[test]
    fn a_conversation_is_a_session_to_those_that_know_no_other() {
        let mut redactor = redactor(&Settings::default());
        let origin = found_with(&mut redactor, &[("conversation.id", "c-1")]).origin;
        assert_eq!((origin.session.as_deref(), origin.conversation.as_deref()), (Some("c-1"), Some("c-1")));
    }

    #[test]
    fn a_user_is_named_by_what_an_operator_says_when_nothing_else_does() {
        let user_fallback = vec!["acme.badge".into(), "acme.seat".into()];
        let mut redactor = redactor(&Settings { user_fallback, ..Settings::default() });
        for (attributes, user) in [
            (&[("acme.seat", "4-17"), ("acme.badge", "b-9")][..], Some("b-9")),
            (&[("acme.seat", "4-17"), ("host.name", "laptop-7")], Some("laptop-7")),
            (&[("acme.seat", "4-17")], Some("4-17")),
            (&[("acme.desk", "3")], None),
        ] {
            assert_eq!(found_with(&mut redactor, attributes).origin.user.as_deref(), user, "{attributes:?}");
        }
    }

    #[test]
    fn while_keys_change_the_token_before_is_known_but_for_tokens_that_do_not_last() {
        let with = |now: u8, before: Option<u8>, settings: &Settings| {
            let scanner = scanner();
            let key = |byte| TokenKey::new(&[byte; 32]).unwrap();
            let keys = Keys::new(key(now), before.map(key));
            let policy = Arc::new(Policy::new(scanner.ruleset(), settings, keys));
            found_with(&mut Redactor::new(scanner, policy), &[]).tokens
        };
        let lasting = Settings::default();
        let (old, changing) = (with(7, None, &lasting), with(8, Some(7), &lasting));
        assert_eq!((old.before, changing.before), (None, Some(old.now)));
        assert_eq!(with(8, None, &lasting).now, changing.now);
        let tokens = [("aws.access_key_id".to_owned(), TokenKind::Fleeting)].into();
        let fleeting = Settings { tokens, ..Settings::default() };
        let (one, other) = (with(8, Some(7), &fleeting), with(8, Some(7), &fleeting));
        assert_eq!(one.before, None);
        assert_ne!(one.now, other.now, "of another run");
    }

    #[test]
    fn an_alert_about_an_address_holds_it_in_no_form() {
        let about = "ada.lovelace@example.org";
        for (user, told) in [
            (about, None),
            ("Ada <ada.lovelace@example.org>", None),
            ("mailto:Ada.Lovelace@example.org", None),
            ("ada.lovelace@example.org ", None),
            ("kim@example.org", Some("kim@example.org")),
            ("kim", Some("kim")),
        ] {
            let attributes = [attribute("user.name", user)];
            let processed = logs(&json!([{"body": {"stringValue": about}, "attributes": attributes}]));
            let found = processed.detections.iter().find(|found| found.path == "log.body").unwrap();
            let user = found.origin.user.as_deref().unwrap();
            assert!(told.map_or(!user.to_lowercase().contains("lovelace@"), |told| user == told), "{user}");
        }
    }

    #[test]
    fn a_claim_with_one_token_glued_to_another_tells_neither() {
        let glued = "waka_b1ac4ba4-e8a3-4b1e-80ba-b1ac4ba4e8a3ATTAb1ac4ba4e8a3b1e0b1ac4ba4e8a3b1e0b1ac4ba4e8a3b1e0b1ac4ba4e8a3b1e0";
        for key in ["service.name", "user.id", "session.id"] {
            let detection = found_with(&mut redactor(&Settings::default()), &[(key, glued)]);
            let told = format!("{:?}", detection.origin);
            assert!(told.contains("[REDACTED:") && !told.contains("b1ac4ba4e8a3"), "{key}: {told}");
        }
    }

    #[test]
    fn what_is_reported_is_counted_once_though_it_is_seen_again() {
        let actions = [("aws.access_key_id".to_owned(), Action::Report)].into();
        let mut redactor = redactor(&Settings { actions, ..Settings::default() });
        let text = format!("{KEY} ssn 078-05-1120");
        let processed = logs_by(&mut redactor, &json!([{"body": {"stringValue": text}}]));
        let reported = processed.detections.iter().filter(|found| found.action == Action::Report);
        assert_eq!(reported.map(|found| found.count).collect::<Vec<_>>(), [1]);
        assert!(processed.detections.len() > 1, "something was blacked out, and the text looked at again");
    }

    /// What is left of a request, redacted by one rule with this scope.
    fn left_in_scope(scope: &str, signal: Signal, request: &serde_json::Value) -> String {
        let rule = crate::rule::Rule {
            id: "acme.key".to_owned(),
            pattern: r"\bacme-[0-9]{4}\b".to_owned(),
            scope: Some(toml::from_str(scope).unwrap()),
            ..crate::rule::Rule::default()
        };
        let payload = Payload::from_json(signal, request.to_string().as_bytes()).unwrap();
        json_of(&process(payload, &mut redactor_of(vec![rule])))
    }

    /// One with these rules alone.
    fn redactor_of(rules: Vec<crate::rule::Rule>) -> Redactor {
        let scanner = Arc::new(Scanner::new(Ruleset::new(rules)).unwrap());
        let key = TokenKey::new(&[7; 32]).unwrap();
        let policy = Arc::new(Policy::new(scanner.ruleset(), &Settings::default(), key));
        Redactor::new(scanner, policy)
    }

    #[test]
    fn a_rule_counts_where_its_scope_says() {
        let text = "acme-1234 here";
        let inside = json!({"deep": [{"note": text}]}).to_string();
        let attributes = [attribute("prompt", text), attribute("args", &inside)];
        let record = |event: &str| json!({"body": {"stringValue": text}, "eventName": event, "attributes": attributes});
        let records = [record("codex.tool_result"), record("gemini_cli.api_request"), record("other")];
        let logs = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]});
        for (scope, left) in [
            ("", 0),
            ("signals = ['traces']", 9),
            ("signals = ['logs', 'traces']", 0),
            ("agents = ['codex']", 3),
            ("paths = ['log.body']", 6),
            ("paths = ['*.deep.note']", 6),
            ("agents = ['gemini-cli']\npaths = ['log.attributes.prompt', 'log.body']", 5),
        ] {
            let clean = left_in_scope(scope, Signal::Logs, &logs);
            assert_eq!(clean.matches("acme-1234").count(), left, "{scope}: {clean}");
        }
    }

    #[test]
    fn who_somebody_is_is_hashed_wherever_attributes_stand() {
        let identity = [("user.id".into(), Identity::Hash)].into();
        let mut redactor = redactor(&Settings { identity, ..Settings::default() });
        let user = attribute("user.id", "kim-7");
        let point = json!({"asInt": "1", "attributes": [user], "exemplars": [{"asInt": "1", "filteredAttributes": [user]}]});
        let metric = json!({"name": "m", "metadata": [user], "gauge": {"dataPoints": [point]}});
        let request = json!({"resourceMetrics": [{"resource": {"attributes": [user]}, "scopeMetrics": [{"metrics": [metric]}]}]});
        let payload = Payload::from_json(Signal::Metrics, request.to_string().as_bytes()).unwrap();
        let left = json_of(&process(payload, &mut redactor));
        assert!(!left.contains("kim-7") && left.matches("[REDACTED:identity:").count() == 4, "{left}");
    }

    #[test]
    fn what_repeats_is_counted_once_for_each_kind_of_place() {
        let twice = format!("{KEY} {KEY}");
        let record = json!({"body": {"stringValue": twice}, "attributes": [attribute("prompt", KEY)]});
        let processed = logs(&json!([record, record]));
        let told: Vec<_> = processed.detections.iter().map(|found| (&*found.path, found.count)).collect();
        assert_eq!(told, [("log.body", 4), ("log.attributes.prompt", 2)]);
    }

    /// A span with five events, of which two hold one key, and two an address.
    fn streamed(redactor: &mut Redactor) -> Processed {
        let (first, second) = KEY.split_at(9);
        let texts = [
            "As you asked: ",
            &format!("the key is {first}"),
            &format!("{second} and so on; "),
            "mail ada@moor",
            "hen.de",
        ];
        let events =
            texts.map(|text| json!({"name": "chunk", "attributes": [attribute("gen_ai.chunk", text)]}));
        let request =
            json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "chat", "events": events}]}]}]});
        process(Payload::from_json(Signal::Traces, request.to_string().as_bytes()).unwrap(), redactor)
    }

    #[test]
    fn what_stands_in_several_events_is_told_where_its_pieces_stand() {
        let processed = streamed(&mut redactor(&Settings::default()));
        let told: Vec<_> = processed.detections.iter().map(|found| (&*found.path, found.count)).collect();
        let path = |event| format!(r#"span.events[{event}].attributes["gen_ai.chunk"]"#);
        assert_eq!(told, [(&*path(1), 2), (&*path(3), 2)]);
        let clean = json_of(&processed);
        assert!(clean.contains(r#""the key is [REDACTED:aws.access_key_id]""#), "{clean}");
        assert!(clean.contains(r#""[REDACTED:aws.access_key_id] and so on; ""#), "{clean}");
    }

    #[test]
    fn of_pieces_those_are_dropped_that_hold_something() {
        let actions = [("aws.access_key_id".into(), Action::Drop)];
        let dropping = |drop| Settings { actions: actions.clone().into(), drop, ..Settings::default() };
        let clean = json_of(&streamed(&mut redactor(&dropping(DropScope::Attribute))));
        assert!(clean.contains("As you asked: ") && clean.matches("gen_ai.chunk").count() == 3, "{clean}");
        assert!(clean.contains("mail [REDACTED:pii.email]") && !clean.contains("hen.de"), "{clean}");
        let clean = json_of(&streamed(&mut redactor(&dropping(DropScope::Record))));
        assert!(!clean.contains("chat"), "{clean}");
    }

    /// A log record with a call of a tool and its result.
    fn called(redactor: &mut Redactor, command: &str, output: &str) -> Processed {
        let arguments = attribute("gen_ai.tool.call.arguments", &json!({"command": command}).to_string());
        let result = attribute("gen_ai.tool.call.result", &json!({"stdout": output}).to_string());
        logs_by(redactor, &json!([{"attributes": [attribute("gen_ai.tool.name", "sh"), result, arguments]}]))
    }

    #[test]
    fn what_a_command_printed_is_told_where_it_stands() {
        for action in [Action::Mask, Action::Report] {
            let settings = Settings { default_action: action, ..Settings::default() };
            let processed = called(&mut redactor(&settings), "pass show db", "blackbar-7\nuser: ada");
            let told: Vec<_> = processed.detections.iter().map(|found| (&*found.path, found.count)).collect();
            assert_eq!(told, [(r#"log.attributes["gen_ai.tool.call.result"].stdout"#, 1)], "{action:?}");
            let clean = json_of(&processed);
            assert_eq!(
                clean.contains("[REDACTED:command.printed]\\\\nuser"),
                action == Action::Mask,
                "{clean}"
            );
            assert_eq!(clean.contains("blackbar-7"), action == Action::Report, "{clean}");
        }
        let drop = Settings { default_action: Action::Drop, ..Settings::default() };
        let clean = json_of(&called(&mut redactor(&drop), "pass show db", "blackbar-7"));
        assert!(clean.contains("arguments") && !clean.contains("gen_ai.tool.call.result"), "{clean}");
    }

    #[test]
    fn what_is_found_without_its_command_is_told_without_it() {
        for (command, output) in [("ls", KEY), ("cat key", KEY), ("pass show db", "Error: not found")] {
            let processed = called(&mut redactor(&Settings::default()), command, output);
            let told: Vec<_> = processed.detections.iter().map(|found| (&*found.path, found.count)).collect();
            let expected =
                (output == KEY).then_some((r#"log.attributes["gen_ai.tool.call.result"].stdout"#, 1));
            assert_eq!(told, Vec::from_iter(expected), "{command}");
        }
    }

    #[test]
    fn what_may_not_be_blacked_out_without_the_command_does_not_stand_in_the_way() {
        let rule = |id: &str, pattern: &str| crate::rule::Rule {
            id: id.to_owned(),
            pattern: pattern.to_owned(),
            ..crate::rule::Rule::default()
        };
        let part = rule("acme.part", "blackbar-[0-9]");
        let user = crate::rule::Requires { companions: vec!["acme.user".to_owned()], within: None };
        let scope = toml::from_str(r#"paths = ["log.attributes.llm.message.output"]"#).unwrap();
        for part in [
            crate::rule::Rule { requires: Some(user), ..part.clone() },
            crate::rule::Rule { scope: Some(scope), ..part.clone() },
            crate::rule::Rule { action: Some(Action::Report), ..part.clone() },
            part,
        ] {
            let printed = rule("acme.printed", r"[$] acme show [^\n]{0,40}\n(?P<secret>blackbar-[0-9])");
            let rules = vec![printed, rule("acme.user", "--user [a-z]{3}"), part.clone()];
            let mut redactor = redactor_of(rules);
            let clean = json_of(&called(&mut redactor, "acme show --user ada", "blackbar-7"));
            assert!(!clean.contains("blackbar-7"), "{part:?}: {clean}");
            let arguments = json!({"command": "acme show --user ada"}).to_string();
            let attributes = [
                attribute("llm.1.message.tool_calls.0.arguments", &arguments),
                attribute("llm.2.message.output", "blackbar-7"),
            ];
            let clean = json_of(&logs_by(&mut redactor, &json!([{"attributes": attributes}])));
            assert!(!clean.contains("blackbar-7"), "{part:?}: {clean}");
        }
    }

    #[test]
    fn a_key_that_goes_on_behind_what_is_read_with_its_command_is_found_whole() {
        let lines = "b1ackBARb1ackBARb1ackBARb1ackBARb1ackBARb1ackBARb1ackBARb1ackBAR\n".repeat(200);
        let begin = "-----BEGIN RSA PRIVATE KEY-----\n";
        let key = format!("{begin}{lines}-----END RSA PRIVATE KEY-----\n");
        let clean = json_of(&called(&mut redactor(&Settings::default()), "cat /run/secrets/key", &key));
        assert!(!clean.contains("ackBAR") && clean.matches("REDACTED").count() == 1, "{clean}");
    }

    #[test]
    fn a_secret_that_several_rules_find_is_told_once() {
        for (text, told) in [
            ("Customer: Grace Hopper, born 1906-12-09", "pii.person.birth_date.keyword pii.person.name.role"),
            ("export GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345", "github.personal_access_token"),
            ("my phone is +44 20 7946 0958", "pii.phone.international"),
            // One behind the other.
            (
                "DB_PASSWORD=Zx9-hurtig-77\nAPI_KEY=Qw7-langsam-31-Ab",
                "generic.password.bare generic.secret.bare",
            ),
        ] {
            let scanner = scanner();
            let mut findings = Vec::new();
            scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
            let processed = logs(&json!([{"body": {"stringValue": text}}]));
            let id = |rule| scanner.ruleset().rule(rule).unwrap().id.clone();
            let mut rules: Vec<_> = processed.detections.iter().map(|found| id(found.rule)).collect();
            rules.sort();
            assert_eq!(rules.join(" "), told);
            assert!(findings.len() > rules.len() || text.contains('\n'), "{findings:?}");
        }
    }

    #[test]
    fn what_cannot_be_scanned_is_counted_once_for_each_kind_of_place() {
        let deep = too_deep();
        let parts = json!({"key": "parts", "value": {"arrayValue": {"values": [{"stringValue": deep}]}}});
        let record =
            json!({"body": {"stringValue": deep}, "attributes": [attribute("prompt", &deep), parts]});
        let others = json!({"body": {"stringValue": deep}, "attributes": [attribute("user.id", "ada")]});
        let processed = logs(&json!([record, record, others]));
        let told: Vec<_> = processed.blanks.iter().map(|blank| (&*blank.path, blank.count)).collect();
        let expected =
            [("log.body", 2), ("log.attributes.prompt", 2), ("log.attributes.parts", 2), ("log.body", 1)];
        assert_eq!(told, expected);
        assert!(processed.blanks.iter().all(|blank| blank.limit == Limit::Depth));
        assert_eq!(processed.blanks[3].origin.user.as_deref(), Some("ada"));
    }

    /// What a text opens to, in bytes.
    fn opens_to(text: &str) -> usize {
        let mut opened = crate::content::Opened::default();
        opened.open(None, text.as_bytes());
        opened.text().len()
    }

    #[test]
    fn a_value_past_the_longest_is_replaced_whatever_the_policy_and_what_is_beside_it_is_passed_on() {
        let records = |text: &str| {
            json!([
                {"body": {"stringValue": text}, "attributes": [attribute("note", "beside")]},
                {"body": {"stringValue": "another record"}},
            ])
        };
        let (nothing_in_it, secret) = ("and more ".repeat(40), format!("{KEY} {}", "and more ".repeat(40)));
        for default_action in [Action::Mask, Action::Hash, Action::Partial, Action::Drop, Action::Report] {
            let settings = Settings { default_action, ..Settings::default() };
            let mut at = redactor(&settings).within(opens_to(&nothing_in_it));
            let at = logs_by(&mut at, &records(&nothing_in_it));
            assert_eq!((at.detections.len(), at.blanks.len()), (0, 0), "{default_action:?}");
            assert!(json_of(&at).contains(&nothing_in_it), "{default_action:?}");
            let mut past = redactor(&settings).within(opens_to(&secret) - 1);
            let past = logs_by(&mut past, &records(&secret));
            assert_eq!((past.detections.len(), past.blanks.len()), (0, 1), "{default_action:?}");
            let Blank { limit, path, count, .. } = &past.blanks[0];
            assert_eq!((*limit, path.as_str(), *count), (Limit::Length, "log.body", 1), "{default_action:?}");
            let left = json_of(&past);
            for whole in [r#"{"stringValue":"[REDACTED:unscanned]"}"#, "beside", "another record"] {
                assert!(left.contains(whole), "{default_action:?}: {left}");
            }
            assert!(!left.contains("and more"), "{default_action:?}: {left}");
        }
    }

    #[test]
    fn what_is_too_long_only_when_it_was_redacted_is_told_of_both_ways() {
        let text = format!("{KEY} and more");
        let mut redactor = redactor(&Settings::default()).within(opens_to(&text));
        let processed = logs_by(&mut redactor, &json!([{"body": {"stringValue": text}}]));
        assert_eq!((processed.detections.len(), processed.blanks.len()), (1, 1));
        assert!(json_of(&processed).contains(r#"{"stringValue":"[REDACTED:unscanned]"}"#));
    }

    #[test]
    fn what_could_not_be_scanned_is_told_each_time_it_comes_and_not_when_it_was_replaced() {
        let mut redactor = redactor(&Settings::default());
        let parts =
            json!({"key": "parts", "value": {"arrayValue": {"values": [{"stringValue": too_deep()}]}}});
        let records = json!([{"body": {"stringValue": too_deep()}, "attributes": [parts]}]);
        let first = logs_by(&mut redactor, &records);
        let again = logs_by(&mut redactor, &records);
        assert_eq!((first.blanks.len(), again.blanks.len()), (2, 2), "remembered, and told");
        assert_eq!(json_of(&first), json_of(&again));
        let payload = Payload::from_json(Signal::Logs, json_of(&first).as_bytes()).unwrap();
        let twice = process(payload, &mut redactor);
        assert_eq!((twice.blanks.len(), twice.detections.len()), (0, 0));
        assert_eq!(json_of(&twice), json_of(&first));
    }

    #[test]
    fn a_path_names_a_rule_in_place_of_a_key_that_is_a_secret() {
        let inside = json!({"a": {KEY: "pw: hunter2-NRtGqF8v"}}).to_string();
        let processed = logs(&json!([{"attributes": [attribute("note", &inside), attribute(KEY, "x")]}]));
        assert!(processed.detections.len() > 1);
        assert!(processed.detections.iter().all(|found| !found.path.contains(KEY)));
    }

    #[test]
    fn the_same_content_comes_out_the_same_a_second_time() {
        let record = json!({"attributes": [attribute("prompt", KEY), attribute("prompt", KEY)]});
        let first = json_of(&logs(&json!([record])));
        assert_eq!(first, json_of(&logs(&json!([record]))));
        assert_eq!(first.matches("[REDACTED:aws.access_key_id]").count(), 2);
    }

    #[test]
    fn a_claim_that_cannot_be_scanned_is_not_told() {
        let hides = format!("{KEY} [\"{}\"]", too_deep());
        for claim in ["user.id", "session.id", "service.name"] {
            let body = json!({"stringValue": "ssn 078-05-1120"});
            let processed = logs(&json!([{"body": body, "attributes": [attribute(claim, &hides)]}]));
            let origin = &processed.detections[0].origin;
            let told = [&origin.user, &origin.session, &origin.service].map(|claim| claim.as_deref());
            let told: Vec<_> = told.into_iter().flatten().collect();
            assert_eq!(told, ["[REDACTED:unscanned]"], "{claim}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_scanned_is_not_told() {
        let key = format!("{KEY} [\"{}\"]", too_deep());
        for inside in [json!({&key: "ssn 078-05-1120"}), json!({"a": {&key: "ssn 078-05-1120"}})] {
            let text = inside.to_string();
            let processed = logs(&json!([{"attributes": [attribute(&key, "x"), attribute("note", &text)]}]));
            let paths = processed.detections.iter().map(|found| &found.path);
            let paths: Vec<_> = paths.chain(processed.blanks.iter().map(|blank| &blank.path)).collect();
            assert!(paths.len() > 1 && paths.iter().all(|path| !path.contains(KEY)), "{paths:?}");
        }
    }
}
