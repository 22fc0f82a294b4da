//! `[rules]`: which rules there are, and which of them are looked for.

use super::error::{Error, Place};
use super::nearest::nearest;
use super::pack::{self, Demands, Pack, Signed, Stamp};
use super::table::{Table, Text};
use crate::rule::pack::{PublicKey, is_name};
use crate::rule::{Category, Confidence, Rule};
use crate::scan::Engine;
use std::path::PathBuf;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The files of the operator's own pack.
    pub pack: Option<Vec<RuleFile>>,
    /// Whether the pack that is built in is looked for too, but for the rules that the own one has by the same id.
    pub embedded: bool,
    /// Where that pack lies.
    pub directory: Option<PathBuf>,
    /// What its signature says, if one is required.
    pub signed: Option<Signed>,
    /// How that looked when it was read.
    pub stamp: Option<Stamp>,
    /// Whether rules are read again when something in that directory changes.
    pub watch: bool,
    /// Rules not to look for.
    pub disable: Vec<Selector>,
    /// Rules to look for although their pack leaves them off. Between the two, the more exact selector
    /// decides: see [`enabled`](Self::enabled).
    pub enable: Vec<Selector>,
    /// How much is looked for where neither says anything.
    pub profile: Profile,
    /// Who looks for their literals.
    pub engine: Engine,
}

/// One file of a pack, read and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its path below the directory, with `/`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// One rule, `aws.access_key_id`, or all whose ids begin so, `aws.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    written: String,
    place: Place,
}

/// How much is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// Everything in the pack, also what it leaves off because it is in every other text.
    Strict,
    /// What the pack has on.
    #[default]
    Balanced,
    /// Of that, secrets but for those of low confidence, and personal data of high confidence: what has a
    /// checksum or a format of its own.
    Quiet,
}

const PROFILES: [(&str, Profile); 3] =
    [("strict", Profile::Strict), ("balanced", Profile::Balanced), ("quiet", Profile::Quiet)];

impl Profile {
    fn enables(self, rule: &Rule) -> bool {
        let least = match rule.category {
            Category::Secret => Confidence::Medium,
            Category::Pii => Confidence::High,
        };
        match self {
            Self::Strict => true,
            Self::Balanced => rule.enabled,
            Self::Quiet => rule.enabled && rule.confidence >= least,
        }
    }
}

impl Rules {
    pub(super) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.disable.iter().chain(&self.enable)
    }

    /// Whether they are the same rules, wherever they were read.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let Self {
            directory: _,
            stamp: _,
            watch: _,
            pack,
            embedded,
            signed,
            disable,
            enable,
            profile,
            engine,
        } = self;
        (pack, embedded, signed) == (&other.pack, &other.embedded, &other.signed)
            && (disable, enable) == (&other.disable, &other.enable)
            && (profile, engine) == (&other.profile, &other.engine)
    }

    /// Whether a rule is looked for.
    #[must_use]
    pub fn enabled(&self, rule: &Rule) -> bool {
        let most = |selectors: &[Selector]| selectors.iter().filter_map(|s| s.selects(&rule.id)).max();
        match (most(&self.enable), most(&self.disable)) {
            (None, None) => self.profile.enables(rule),
            (enable, disable) => enable > disable,
        }
    }
}

impl Selector {
    /// How exactly it means the rule of that id, if it means it at all: more is more exact.
    #[must_use]
    pub fn selects(&self, id: &str) -> Option<usize> {
        let selected = match self.written.strip_suffix('*') {
            Some(prefix) => id.starts_with(prefix),
            None => id == self.written,
        };
        // The rule itself is more exact than any prefix of it: ids do not end in a dot.
        selected.then_some(self.written.trim_end_matches('*').len())
    }

    pub(super) fn new(written: &str, place: Place) -> Option<Self> {
        let id = written.strip_suffix(".*").unwrap_or(written);
        let word =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        id.split('.').all(word).then(|| Self { written: written.to_owned(), place })
    }

    /// The error to tell if it means none of these.
    pub(super) fn stranger_to(&self, ids: &[&str]) -> Option<Error> {
        if ids.iter().any(|id| self.selects(id).is_some()) {
            return None;
        }
        let hint = match nearest(&self.written, ids.iter().copied()) {
            Some(known) => format!("did you mean {known}?"),
            None => "`blackbar rules list` shows them".to_owned(),
        };
        let message = format!("there is no rule {}; {hint}", self.written);
        Some(Error { place: self.place.clone(), message })
    }
}

pub(super) fn read(table: &mut Table<'_>) -> Rules {
    let demands = read_demands(table);
    let written = table.text("directory");
    let directory = written.as_ref().map(|text| PathBuf::from(text.value.as_str()));
    let read = written.zip(directory.as_ref()).and_then(|(text, directory)| {
        let read = pack::read(directory, demands.as_ref());
        read.map_err(|wrong| wrong.iter().for_each(|why| text.complain(why))).ok()
    });
    let signed = read.as_ref().and_then(|read| read.signed.clone());
    let (pack, stamp) = read.map(|Pack { files, stamp, .. }| (files, stamp)).unzip();
    let embedded = table.boolean("embedded", true);
    if !embedded && directory.is_none() {
        table.report("embedded", "leaves no rules without rules.directory".to_owned());
    }
    let watch = table.boolean("watch", true);
    let disable = read_selectors(table, "disable");
    let enable = read_selectors(table, "enable");
    for both in enable.iter().filter(|on| disable.iter().any(|off| off.written == on.written)) {
        table.report("enable", format!("{} is in rules.disable too", both.written));
    }
    let profile = table.choice("profile", &PROFILES, Profile::default());
    let engine = table.choice("engine", &Engine::ALL, Engine::default());
    if !engine.is_built_in() {
        table.report(
            "engine",
            "is not in this program: `cargo build --release --features hyperscan` makes one with it",
        );
    }
    Rules { pack, embedded, directory, signed, stamp, watch, disable, enable, profile, engine }
}

/// What is asked of a pack's signature; `None`: that nobody needs one.
fn read_demands(table: &mut Table<'_>) -> Option<Demands> {
    const OF_SIGNED: [&str; 3] = ["trusted_keys", "name", "minimum_version"];
    let required = table.boolean("require_signed", false);
    let keys = table.texts("trusted_keys").unwrap_or_default();
    let key = |text: &Text<'_>| text.parse(|key| PublicKey::parse(key).map_err(|why| why.to_string()));
    let keys: Vec<PublicKey> = keys.iter().filter_map(key).collect();
    let name = table.text("name").and_then(|text| {
        let sound = is_name(&text.value);
        if !sound {
            text.refuse(
                "is not the name of a pack; write 1 to 64 letters, digits, dots, dashes or underscores",
            );
        }
        sound.then(|| text.value.to_string())
    });
    let minimum_version = table.number("minimum_version", 0..=usize::MAX, 0) as u64;
    for key in OF_SIGNED.into_iter().filter(|key| !required && table.has(key)) {
        table.report(key, "means nothing without rules.require_signed = true");
    }
    if required && !table.has("trusted_keys") {
        table.missing("trusted_keys");
    } else if required && keys.is_empty() {
        table.report("trusted_keys", "holds no key: `blackbar rules keygen` makes one");
    }
    required.then_some(Demands { keys, name, minimum_version })
}

fn read_selectors(table: &mut Table<'_>, key: &'static str) -> Vec<Selector> {
    table.texts(key).unwrap_or_default().iter().filter_map(selector).collect()
}

fn selector(text: &Text<'_>) -> Option<Selector> {
    let selector = Selector::new(&text.value, text.place());
    if selector.is_none() {
        text.refuse(NOT_A_SELECTOR);
    }
    selector
}

pub(super) const NOT_A_SELECTOR: &str =
    "is neither the id of a rule nor the beginning of ids, such as \"aws.access_key_id\" or \"aws.*\"";
