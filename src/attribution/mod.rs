//! Who a finding belongs to, as the telemetry itself claims it.
//!
//! Read from a record *before* it is redacted, because redaction may black out the very address that
//! says whose it is; kept apart from the authenticated [`crate::principal::Principal`], because anyone
//! can write anything here. What a claim holds is a sender's text until the pipeline has scanned it: the same
//! [`Attribution`] is then made of clean texts, and is called an [`Origin`].
//!
//! Three levels speak: resource, scope, record. A `user.id` or `enduser.id` on the resource was set by
//! whoever runs the fleet and comes first; then what the agent stamps on its records after its login;
//! then the rest of the resource; then the attributes an operator names. A `user.email` on the resource never
//! overrides a login: it goes stale in a shell profile.

mod agents;
mod keys;

use crate::otlp::{Level, View};
use crate::untrusted::Untrusted;
use agents::Agent;
use keys::{FALLBACK, KINDS, Kind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// What one record says of where it comes from. Every `T` was written by a sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution<T> {
    /// Which coding agent; our word, not the sender's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Cow<'static, str>>,
    /// The agent's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<T>,
    /// An e-mail address, an account or a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<T>,
    /// The machine: its name, or an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<T>,
    /// A session; the conversation or thread of an agent that knows no session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<T>,
    /// A conversation of several turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<T>,
    /// One prompt or turn of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<T>,
    /// The tool that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<T>,
    /// The model that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<T>,
    /// The repository that was worked in: a URL or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<T>,
    /// `service.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<T>,
    /// In hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Arc<str>>,
    /// In hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<Arc<str>>,
}

/// What is claimed. Nothing of it may be printed before it was scanned.
pub type Claimed = Attribution<Untrusted>;

/// The same, fit to be printed.
pub type Origin = Attribution<Arc<str>>;

// Derived, it would ask for a `T` that has a default.
impl<T> Default for Attribution<T> {
    fn default() -> Self {
        Self {
            agent: None,
            agent_version: None,
            user: None,
            device: None,
            session: None,
            conversation: None,
            prompt: None,
            tool: None,
            model: None,
            repository: None,
            service: None,
            trace_id: None,
            span_id: None,
        }
    }
}

impl<T: PartialEq> Attribution<T> {
    /// Whether another record claims the same agent, user, device, session and service.
    #[must_use]
    pub fn same_sender(&self, other: &Self) -> bool {
        self.sender() == other.sender()
    }

    /// By what one sender is told from another: agent, and user, device, session and service.
    pub fn sender(&self) -> (Option<&str>, [Option<&T>; 4]) {
        let texts = [&self.user, &self.device, &self.session, &self.service];
        (self.agent.as_deref(), texts.map(Option::as_ref))
    }
}

impl Claimed {
    /// The same with every text made clean. What is claimed as it was `before` is what it was then.
    #[must_use]
    pub fn cleaned(
        &self,
        before: Option<(&Self, &Origin)>,
        mut clean: impl FnMut(Cleaning, &str) -> Arc<str>,
    ) -> Origin {
        let mut each =
            |cleaning, of: fn(&Self) -> &Option<Untrusted>, done: fn(&Origin) -> &Option<Arc<str>>| {
                let claim = of(self).as_ref()?;
                let known = before.filter(|(before, _)| of(before).as_ref() == Some(claim));
                known
                    .and_then(|(_, origin)| done(origin).clone())
                    .or_else(|| Some(clean(cleaning, claim.expose())))
            };
        Origin {
            agent: self.agent.clone(),
            agent_version: each(Cleaning::Text, |c| &c.agent_version, |o| &o.agent_version),
            user: each(Cleaning::User, |c| &c.user, |o| &o.user),
            device: each(Cleaning::Text, |c| &c.device, |o| &o.device),
            session: each(Cleaning::Text, |c| &c.session, |o| &o.session),
            conversation: each(Cleaning::Text, |c| &c.conversation, |o| &o.conversation),
            prompt: each(Cleaning::Text, |c| &c.prompt, |o| &o.prompt),
            tool: each(Cleaning::Text, |c| &c.tool, |o| &o.tool),
            model: each(Cleaning::Text, |c| &c.model, |o| &o.model),
            repository: each(Cleaning::Text, |c| &c.repository, |o| &o.repository),
            service: each(Cleaning::Text, |c| &c.service, |o| &o.service),
            trace_id: self.trace_id.clone(),
            span_id: self.span_id.clone(),
        }
    }
}

/// How a claim is made clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaning {
    /// It says who somebody is: an address may be told.
    User,
    /// Nothing that is found in it may be told.
    Text,
}

/// What the levels around a record claim. Filled level by level as a payload is walked.
pub struct Claims {
    levels: [LevelClaims; 3],
    /// Attributes that name a user where no other does, the first first.
    fallback: Arc<[Box<str>]>,
    trace_id: Vec<u8>,
    span_id: Vec<u8>,
}

#[derive(Default)]
struct LevelClaims {
    claims: [Claim; KINDS],
    agent: Option<Agent>,
}

/// The best claim so far: the lower its rank, the better.
#[derive(Default)]
struct Claim {
    rank: Option<u8>,
    text: String,
}

impl Claims {
    /// Nothing is claimed yet. Where nothing else names a user, these attributes do, the first first.
    #[must_use]
    pub fn new(fallback: Arc<[Box<str>]>) -> Self {
        Self { levels: Default::default(), fallback, trace_id: Vec::new(), span_id: Vec::new() }
    }

    /// A level begins: forgets what was claimed at it and inside it, and reads what it claims.
    pub fn enter(&mut self, view: View<'_>) {
        let depth = match view.level {
            Level::Resource => 0,
            Level::Scope => 1,
            Level::Record => 2,
        };
        for level in self.levels.iter_mut().skip(depth) {
            level.clear();
        }
        self.trace_id.clear();
        self.trace_id.extend_from_slice(view.trace_id);
        self.span_id.clear();
        self.span_id.extend_from_slice(view.span_id);
        if let Some(level) = self.levels.get_mut(depth) {
            level.read(view, &self.fallback);
        }
    }

    /// Which agent the level that was entered last is of.
    #[must_use]
    pub fn agent(&self) -> Option<&'static str> {
        self.levels.iter().filter_map(|level| level.agent).min().map(|(_, agent)| agent)
    }

    /// What is claimed for the record that was entered last.
    #[must_use]
    pub fn attribution(&self) -> Claimed {
        Claimed {
            agent: self.agent().map(Cow::Borrowed),
            agent_version: self.best(Kind::Version),
            user: self.best(Kind::User),
            device: self.best(Kind::Device),
            session: self.best(Kind::Session),
            conversation: self.best(Kind::Conversation),
            prompt: self.best(Kind::Prompt),
            tool: self.best(Kind::Tool),
            model: self.best(Kind::Model),
            repository: self.best(Kind::Repository),
            service: self.best(Kind::Service),
            trace_id: hex(&self.trace_id),
            span_id: hex(&self.span_id),
        }
    }

    /// The claim of the best rank; of two with the same, that of the outer level for a user, whom a fleet
    /// names there, and that of the inner level for all that changes from record to record.
    fn best(&self, kind: Kind) -> Option<Untrusted> {
        let claims = self.levels.iter().filter_map(|level| level.claims.get(kind as usize));
        let claims = claims.filter(|claim| claim.rank.is_some());
        let best = match kind {
            Kind::User => claims.min_by_key(|claim| claim.rank),
            _ => claims.rev().min_by_key(|claim| claim.rank),
        };
        best.map(|claim| Untrusted::new(&*claim.text))
    }
}

impl LevelClaims {
    fn clear(&mut self) {
        for claim in &mut self.claims {
            claim.rank = None;
            claim.text.clear();
        }
        self.agent = None;
    }

    fn read(&mut self, view: View<'_>, fallback: &[Box<str>]) {
        let on_resource = view.level == Level::Resource;
        match view.level {
            Level::Resource => {}
            Level::Scope => self.recognise(agents::by_scope(view.name)),
            Level::Record => self.recognise(agents::by_record(view.name)),
        }
        for (key, value) in view.attributes.scalars() {
            let mut claims = false;
            for (kind, rank) in keys::claims(key, on_resource) {
                self.offer(kind, rank, &value);
                claims = true;
            }
            match key {
                "service.name" => self.recognise(agents::by_service(&value)),
                "event.name" => self.recognise(agents::by_record(&value)),
                _ if !claims && self.agent.is_none() => self.recognise(agents::by_key(key)),
                _ => {}
            }
            if let Some(place) = fallback.iter().position(|name| **name == *key) {
                self.offer(
                    Kind::User,
                    FALLBACK.saturating_add(u8::try_from(place).unwrap_or(u8::MAX)),
                    &value,
                );
            }
        }
    }

    fn offer(&mut self, kind: Kind, rank: u8, text: &str) {
        if let Some(claim) = self.claims.get_mut(kind as usize) {
            claim.offer(rank, text);
        }
    }

    fn recognise(&mut self, agent: Option<Agent>) {
        if let Some(found) = agent {
            self.agent = Some(self.agent.map_or(found, |known| known.min(found)));
        }
    }
}

impl Claim {
    fn offer(&mut self, rank: u8, text: &str) {
        if !text.is_empty() && self.rank.is_none_or(|known| rank < known) {
            self.rank = Some(rank);
            self.text.clear();
            self.text.push_str(text);
        }
    }
}

fn hex(id: &[u8]) -> Option<Arc<str>> {
    let set = id.iter().any(|byte| *byte != 0);
    set.then(|| data_encoding::HEXLOWER.encode(id).into())
}
