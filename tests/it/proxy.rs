//! The program under test, as a child process.

use crate::client;
use rustix::process::{Pid, Signal as Kill, kill_process};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time for anything to happen that should happen at once, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running proxy. Killed when dropped, whatever became of the test.
pub(crate) struct Proxy {
    child: Child,
    output: Output,
    /// Where it takes telemetry.
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    directory: TempDir,
}

/// What is left of a proxy that has stopped.
pub(crate) struct Stopped {
    pub(crate) status: ExitStatus,
    /// Both streams.
    pub(crate) output: String,
    directory: TempDir,
}

/// Everything it printed so far.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<String>>);

/// A proxy with this TOML after what every one of them has. Loopback only, ephemeral ports, everything
/// it keeps in a directory of its own.
pub(crate) async fn proxy(settings: &str) -> Proxy {
    proxy_in(tempfile::tempdir().unwrap(), settings).await
}

/// The same, with what another one left in its directory.
pub(crate) async fn proxy_in(directory: TempDir, settings: &str) -> Proxy {
    let mut proxy = start(directory, settings, &[]);
    proxy.wait_until("/readyz").await;
    proxy
}

/// A proxy with these variables in its environment.
pub(crate) async fn proxy_with(settings: &str, variables: &[(&str, &str)]) -> Proxy {
    let mut proxy = start(tempfile::tempdir().unwrap(), settings, variables);
    proxy.wait_until("/readyz").await;
    proxy
}

/// The same, not waiting until it is ready: it may be full of what the other one left.
pub(crate) async fn alive_in(directory: TempDir, settings: &str) -> Proxy {
    let mut proxy = start(directory, settings, &[]);
    proxy.wait_until("/healthz").await;
    proxy
}

fn start(directory: TempDir, settings: &str, variables: &[(&str, &str)]) -> Proxy {
    let config = configure(directory.path(), settings);
    let mut child = Command::new(env!("CARGO_BIN_EXE_blackbar"))
        .args(["serve", "--config"])
        .arg(&config)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Output::default();
    output.follow(child.stdout.take().unwrap());
    output.follow(child.stderr.take().unwrap());
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Proxy { child, output, address: nowhere, admin: nowhere, directory }
}

/// Writes the configuration of a proxy in a directory.
fn configure(directory: &Path, settings: &str) -> PathBuf {
    let config = directory.join("blackbar.toml");
    let mut text = format!("data_dir = {:?}\n", directory.join("data").display().to_string());
    // The receive section comes last and stays open: settings may begin with keys of it.
    text.push_str("[admin]\nlisten = \"127.0.0.1:0\"\n[receive]\nlisten = [\"127.0.0.1:0\"]\n");
    let _ = writeln!(text, "{settings}");
    std::fs::write(&config, text).unwrap();
    config
}

impl Proxy {
    /// Writes its configuration anew, which it does not read by itself.
    pub(crate) fn configure(&self, settings: &str) {
        configure(self.directory.path(), settings);
    }

    /// The status and the body of `POST /reload`.
    pub(crate) async fn reload(&self) -> (u16, Value) {
        let answer = client::request(self.admin, http::Method::POST, "/reload", &[], Vec::new()).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    /// The body of `GET` on the admin address, and whether it was a 200.
    pub(crate) async fn admin(&self, path: &str) -> (bool, String) {
        let answer = client::get(self.admin, path).await;
        (answer.status == 200, String::from_utf8_lossy(&answer.body).into_owned())
    }

    pub(crate) async fn is_healthy(&self) -> bool {
        self.admin("/healthz").await.0
    }

    /// The most memory it ever had, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        self.signal(Kill::TERM);
    }

    /// Asks it to read its rules again.
    pub(crate) fn hang_up(&self) {
        self.signal(Kill::HUP);
    }

    fn signal(&self, signal: Kill) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Kills it where it stands.
    pub(crate) fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap())
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) -> Stopped {
        self.terminate();
        self.stopped().await
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(mut self) -> Stopped {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(started.elapsed() < PATIENCE, "it did not stop:\n{}", self.output());
            pause().await;
        };
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        Stopped { status, output: self.output(), directory }
    }

    async fn wait_until(&mut self, path: &str) {
        let started = Instant::now();
        loop {
            let listening = self.output.address(|line| line.contains("listen") && !line.contains("admin"));
            let admin = self.output.address(|line| line.contains("admin"));
            if let (Some(listening), Some(admin)) = (listening, admin) {
                (self.address, self.admin) = (listening, admin);
                if self.admin(path).await.0 {
                    return;
                }
            }
            let exited = self.child.try_wait().unwrap();
            assert!(exited.is_none(), "it ended with {exited:?}:\n{}", self.output());
            assert!(started.elapsed() < PATIENCE, "it is not ready:\n{}", self.output());
            pause().await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stopped {
    /// What it kept, for the next one.
    pub(crate) fn into_directory(self) -> TempDir {
        self.directory
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn alerts(&self) -> Vec<Value> {
        lines(&self.data_dir().join("alerts.jsonl"))
    }
}

impl Output {
    /// Keeps what comes out of a stream. Ends with the process, which closes it.
    fn follow(&self, stream: impl Read + Send + 'static) {
        let text = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let mut text = text.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// The loopback address in the first line that `is_it`.
    fn address(&self, is_it: impl Fn(&str) -> bool) -> Option<SocketAddr> {
        let text = self.text();
        let line = text.lines().find(|line| is_it(line))?;
        let from = &line[line.find("127.0.0.1:")?..];
        let end = from.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(from.len());
        from[..end].trim_end_matches(['.', ':']).parse().ok()
    }
}

/// The documents in a file of JSON lines; none if there is no file. A line that is still being written
/// is left out.
pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// A little time, while waiting for something.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(25)).await;
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "not in time: {what}");
        pause().await;
    }
}
