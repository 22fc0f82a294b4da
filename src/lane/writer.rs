//! The one thread that writes to a lane: it takes what has come together, commits it once, and answers.
//!
//! A thread and not a task: a commit blocks for as long as the disk likes. It ends when the lane and its
//! readers are gone, after it has written down how far they came.

use super::store::Writer;
use super::{Core, Item, Trouble};
use crate::limits;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Instant, SystemTime};
use tokio::sync::oneshot;

/// What the thread is asked for.
pub(super) enum Job {
    /// Keep an entry, and say so.
    Push(Item, oneshot::Sender<Result<(), Trouble>>),
    /// A reader moved on: write it down some time.
    Keep,
    /// Write down how far readers have come, and say so.
    Settle(oneshot::Sender<()>),
}

/// The way to the thread.
#[derive(Clone)]
pub(super) struct WriterThread(Sender<Job>);

impl WriterThread {
    /// A job for a thread that is gone is dropped, and so is the sender of its answer.
    pub(super) fn send(&self, job: Job) {
        let _ = self.0.send(job);
    }
}

/// Starts the thread.
pub(super) fn start(core: Arc<Core>, writer: Writer) -> std::io::Result<WriterThread> {
    let (jobs, inbox) = channel();
    let loop_ = Loop { core, writer, inbox, moved: None, refusing: false, forgetting: false };
    std::thread::Builder::new().name(format!("lane-{}", loop_.core.name)).spawn(|| loop_.run())?;
    Ok(WriterThread(jobs))
}

struct Loop {
    core: Arc<Core>,
    writer: Writer,
    inbox: Receiver<Job>,
    /// Since when a reader's number is not written down.
    moved: Option<Instant>,
    refusing: bool,
    forgetting: bool,
}

/// What is done in one go.
#[derive(Default)]
struct Group {
    items: Vec<Item>,
    answers: Vec<oneshot::Sender<Result<(), Trouble>>>,
    settle: Vec<oneshot::Sender<()>>,
    bytes: usize,
}

impl Loop {
    fn run(mut self) {
        while let Some(group) = self.group() {
            if !group.items.is_empty() {
                self.append(group.items, group.answers, group.bytes);
            }
            let due = self.moved.is_some_and(|since| since.elapsed() >= limits::STORE_KEEP);
            if due || !group.settle.is_empty() {
                self.keep();
            }
            group.settle.into_iter().for_each(|done| _ = done.send(()));
        }
        if self.moved.is_some() {
            self.keep();
        }
    }

    /// Waits for a job, and takes all that are there. `None`: nobody is left to ask for anything.
    fn group(&mut self) -> Option<Group> {
        let mut group = Group::default();
        match self.moved {
            None => self.take(self.inbox.recv().ok()?, &mut group),
            Some(since) => {
                let left = limits::STORE_KEEP.saturating_sub(since.elapsed());
                match self.inbox.recv_timeout(left) {
                    Ok(job) => self.take(job, &mut group),
                    Err(RecvTimeoutError::Timeout) => return Some(group),
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
        }
        while group.bytes < limits::STORE_GROUP_BYTES {
            let Ok(job) = self.inbox.try_recv() else { break };
            self.take(job, &mut group);
        }
        Some(group)
    }

    fn take(&mut self, job: Job, group: &mut Group) {
        match job {
            Job::Push(item, answer) => {
                group.bytes += item.cost();
                group.items.push(item);
                group.answers.push(answer);
            }
            Job::Keep => {
                self.moved.get_or_insert_with(Instant::now);
            }
            Job::Settle(done) => group.settle.push(done),
        }
    }

    fn append(&mut self, items: Vec<Item>, answers: Vec<oneshot::Sender<Result<(), Trouble>>>, bytes: usize) {
        let now = SystemTime::now();
        let appended = self.writer.append(&items, now);
        let mut state = self.core.state();
        state.pending = state.pending.saturating_sub(bytes);
        if appended.is_ok() {
            state.append(&items, tokio::time::Instant::now(), now);
        }
        drop(state);
        let lane = self.core.name;
        match appended {
            Ok(()) if std::mem::take(&mut self.refusing) => {
                tracing::info!(lane, "writing to the queue again")
            }
            Err(trouble) if !std::mem::replace(&mut self.refusing, true) => {
                tracing::error!(lane, %trouble, "cannot write to the queue: requests are refused");
            }
            _ => {}
        }
        answers.into_iter().for_each(|answer| _ = answer.send(appended));
        self.core.arrived.notify_waiters();
    }

    /// Tried again after a while when it fails: meanwhile more is delivered twice after a crash, and files
    /// that nobody needs stay.
    fn keep(&mut self) {
        let numbers = self.core.state().numbers();
        let lane = self.core.name;
        match self.writer.keep(&numbers) {
            Ok(()) => {
                self.moved = None;
                if std::mem::take(&mut self.forgetting) {
                    tracing::info!(lane, "it is written down again what was delivered");
                }
            }
            Err(trouble) => {
                self.moved = Some(Instant::now());
                if !std::mem::replace(&mut self.forgetting, true) {
                    tracing::error!(lane, %trouble, "cannot write down what was delivered: trying again");
                }
            }
        }
    }
}
