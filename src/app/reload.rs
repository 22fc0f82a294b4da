//! Reading the rules again, while requests go on to be judged by the old ones.
//!
//! Asked for by a change in their directory ([`look`]), by SIGHUP, and by `POST /reload`. The whole
//! configuration is read and checked as at a start; of it the rules are taken (`[rules]`, and what `[policy]`
//! says is done with what they find). Addresses, exporters, sinks, keys and the rest are as they were at the
//! start: that they were changed is said, each time.
//!
//! **Promise.** All of it or nothing: what is wrong with the new rules leaves the old ones where they are,
//! and is told in the log, to who asked, in metrics and as an alert (once, until something else is wrong).
//!
//! Compiling takes a second of one core, on a thread of its own: no socket waits for it, and stopping does not
//! either. For that second, and until the last request that began with them has ended, the old rules are
//! held beside the new.
//!
//! **Watching is polling**, every [`limits::RULES_WATCH`]: file systems tell `inotify` of a file's change and not of
//! a link's that is swapped above it (which is how a ConfigMap is updated), network file systems tell
//! nothing of what others write, and a look is a `stat` of each file. So no crate for it.
//! A change counts when it is still the same one look later: whoever copies files is let finish.
//!
//! Considered and not done: watching the file of the configuration (a half-edited one is no news); taking the
//! good files of a pack and leaving the bad ones (nobody would know what is looked for).

use super::{parts, seen};
use crate::admin::{Asked, Reloads, Told};
use crate::alert::{Alerts, What};
use crate::config::{Config, Source, Stamp};
use crate::limits;
use crate::policy::Policy;
use crate::proxy::{Proxy, Replaced};
use crate::rule::Ruleset;
use crate::scan::Scanner;
use crate::telemetry::{Loaded, Metrics, Reload};
use crate::token::Keys;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;

/// Errors that are logged one by one.
const LOGGED: usize = 20;

/// Reads rules again, and puts them in place.
pub(super) struct Reloader {
    pub(super) source: Source,
    /// What runs: the configuration of the start with the rules that are loaded.
    pub(super) running: Config,
    pub(super) keys: Keys,
    pub(super) loaded: Loaded,
    pub(super) proxy: Proxy,
    pub(super) alerts: Alerts,
    pub(super) metrics: Arc<Metrics>,
}

/// What is watched.
#[derive(Clone)]
struct Watched {
    /// Where rules lie, and how it looked when they were read.
    rules: Option<(PathBuf, Stamp)>,
    /// When the first suppression ends.
    expires: Option<SystemTime>,
}

/// Rules that were read again.
struct Read {
    running: Config,
    needs_restart: Vec<&'static str>,
    /// `None`: they are the same.
    new: Option<(Scanner, Policy)>,
}

/// What is loaded, for people and metrics.
pub(super) fn loaded(config: &Config, ruleset: &Ruleset) -> Loaded {
    let signed = config.rules.signed.as_ref();
    let unsigned = if config.rules.pack.is_some() { "directory" } else { "embedded" };
    let pack = signed.map_or(unsigned, |signed| &signed.name).to_owned();
    let version = signed.map(|signed| signed.version);
    let mut digest = Sha256::new();
    for (_, rule) in ruleset.rules() {
        digest.update(format!("{rule:?}\0"));
    }
    let digest = data_encoding::HEXLOWER.encode(digest.finalize().get(..8).unwrap_or_default());
    Loaded { pack, version, digest, rules: ruleset.rules().count() }
}

impl Reloader {
    /// For as long as the program takes requests.
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<Asked>, reloads: Reloads) {
        let (found, watched) = watch::channel(watched(&self.running));
        let watcher = tokio::spawn(look(watched, reloads));
        let mut wrong = Vec::new();
        while let Some(first) = asked.recv().await {
            let mut waiting = vec![first];
            waiting.extend(std::iter::from_fn(|| asked.try_recv().ok()));
            let told = self.reload(&mut wrong).await;
            let _ = found.send(self::watched(&self.running));
            for who in waiting {
                // Who went away is not told.
                let _ = who.send(told.clone());
            }
        }
        watcher.abort();
    }

    async fn reload(&mut self, wrong: &mut Vec<String>) -> Told {
        let (source, running, keys) = (self.source.clone(), self.running.clone(), self.keys.clone());
        let read = aside(move || read(&source, &running, keys)).await;
        let (outcome, needs_restart) = match read {
            Ok(read) => {
                wrong.clear();
                self.take(read)
            }
            Err(errors) => {
                self.refuse(&errors, wrong).await;
                *wrong = errors;
                (Reload::Refused, Vec::new())
            }
        };
        self.metrics.rules.reloaded(outcome);
        Told { outcome, loaded: self.loaded.clone(), needs_restart, errors: wrong.clone() }
    }

    /// Puts what was read in place.
    fn take(&mut self, read: Read) -> (Reload, Vec<&'static str>) {
        let Read { running, needs_restart, new } = read;
        self.running = running;
        for section in &needs_restart {
            tracing::warn!(section, "this was changed, and is read at the start alone: restart to have it");
        }
        let Some((scanner, policy)) = new else {
            tracing::info!("rules were read again: they are the same");
            return (Reload::Unchanged, needs_restart);
        };
        self.loaded = loaded(&self.running, scanner.ruleset());
        let Loaded { pack, version, digest, rules } = &self.loaded;
        tracing::info!(pack, version, digest, rules, "rules loaded");
        self.metrics.rules.loaded(&self.loaded, SystemTime::now());
        let replaced = self.proxy.judge_by(Arc::new(scanner), Arc::new(policy));
        tokio::spawn(let_go(replaced));
        (Reload::Loaded, needs_restart)
    }

    /// Says what is wrong, and does not say it again.
    async fn refuse(&self, errors: &[String], before: &[String]) {
        tracing::error!(
            errors = errors.len(),
            "the rules that are there now cannot be used: the old ones go on"
        );
        for error in errors.iter().take(LOGGED) {
            tracing::error!(?error, "wrong with the rules");
        }
        if errors != before {
            self.alerts.notice(What::ReloadFailed).await;
        }
    }
}

/// Does it on a thread of its own. A panic there is an error like others.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Vec<String>> + Send + 'static,
) -> Result<T, Vec<String>> {
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("rules".to_owned()).spawn(move || {
        // Nobody waits when the program has stopped meanwhile.
        let _ = done.send(work());
    });
    if let Err(error) = thread {
        return Err(vec![format!("no thread to read rules on: {}", error.kind())]);
    }
    let panicked = |_| Err(vec!["reading the rules made the program panic: please report it".to_owned()]);
    result.await.unwrap_or_else(panicked)
}

fn read(source: &Source, running: &Config, keys: Keys) -> Result<Read, Vec<String>> {
    let written = source.load().map_err(|errors| lines(&errors))?;
    let new = running.with_rules_of(&written);
    let needs_restart = written.differs_from(&new);
    if new.rules.same_as(&running.rules) && new.policy == running.policy {
        return Ok(Read { running: new, needs_restart, new: None });
    }
    seen::admit(&new).map_err(|error| lines(&error))?;
    let scanner = parts::scanner(&new).map_err(|error| lines(&error))?;
    let policy = parts::policy(&new, scanner.ruleset(), keys);
    // Before they are used: rules that were looked for once are not forgotten by a crash.
    seen::remember(&new).map_err(|error| lines(&error))?;
    Ok(Read { running: new, needs_restart, new: Some((scanner, policy)) })
}

fn lines(error: &impl ToString) -> Vec<String> {
    error.to_string().lines().map(str::to_owned).collect()
}

fn watched(running: &Config) -> Watched {
    let rules = &running.rules;
    Watched {
        rules: rules.directory.clone().zip(rules.stamp.clone()).filter(|_| rules.watch),
        expires: running.policy.next_expiry(),
    }
}

/// Lets replaced rules go when the last request that began with them has ended: here, because it takes a
/// request's time.
async fn let_go(replaced: Replaced) {
    while !replaced.is_idle() {
        sleep(limits::RULES_LET_GO).await;
    }
    let _ = tokio::task::spawn_blocking(move || drop(replaced)).await;
}

/// Asks for a reload when the directory of the rules has changed, and has settled since; and when a suppression
/// has ended, once.
async fn look(watched: watch::Receiver<Watched>, reloads: Reloads) {
    let mut last: Option<Stamp> = None;
    let mut refused: Option<Stamp> = None;
    let mut ended: Option<SystemTime> = None;
    loop {
        sleep(limits::RULES_WATCH).await;
        let Watched { rules, expires } = watched.borrow().clone();
        if expires.is_some_and(|end| end <= SystemTime::now()) && ended != expires {
            ended = expires;
            if reloads.ask().await.is_none() {
                return;
            }
            continue;
        }
        let Some((directory, read)) = rules else { continue };
        // A directory that does not answer holds up nobody but its watcher.
        let again = read.clone();
        let Ok(now) = tokio::task::spawn_blocking(move || again.again(&directory)).await else { continue };
        let settled = last.as_ref() == Some(&now);
        let known = refused.as_ref().unwrap_or(&read) == &now;
        last = Some(now.clone());
        if known || !settled {
            continue;
        }
        let Some(told) = reloads.ask().await else { return };
        refused = (told.outcome == Reload::Refused).then_some(now);
    }
}
