//! `blackbar serve`: the proxy, until it is told to stop.

use super::Status;
use super::args::ServeArgs;
use crate::admin::Reloads;
use crate::app::{App, Left};
use crate::config::{Config, Log, LogFormat, LogLevel, Source};
use std::fs::File;
use std::io::{self, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) fn run(args: &ServeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let source = args.source();
    let config = match source.load() {
        Ok(config) => config,
        Err(errors) => return writeln!(err, "{errors}").map(|()| Status::Found),
    };
    log_to_stderr(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(source, config, out, err))
}

async fn serve(
    source: Source,
    config: Config,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Status> {
    // Caught before anything is received: a signal in between would end the program without draining.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let hangups = signal(SignalKind::hangup())?;
    let app = match App::start(source, config).await {
        Ok(app) => app,
        Err(error) => return writeln!(err, "blackbar: {error}").map(|()| Status::Found),
    };
    out.write_all(app.banner().as_bytes())?;
    out.flush()?;
    let hung_up = hung_up(hangups, app.reloads());
    let stop = async {
        tokio::select! {
            () = any(signals) => {}
            () = hung_up => {}
        }
    };
    let left = app.run(stop).await;
    tell(&left, err)?;
    Ok(if left.nothing_lost() { Status::Ok } else { Status::Found })
}

async fn any([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Reads the rules again at each hangup. Resolves when the terminal is gone that the program was started in:
/// then it is not for reloading that the system sends one.
async fn hung_up(mut hangups: Signal, reloads: Reloads) {
    let in_terminal = has_terminal();
    while hangups.recv().await.is_some() {
        if in_terminal && !has_terminal() {
            return;
        }
        // What comes of it is in the log.
        let _ = reloads.ask().await;
    }
    std::future::pending().await
}

/// Whether there is a terminal that controls this process.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

fn tell(left: &Left, err: &mut dyn Write) -> io::Result<()> {
    if left.requests_cut {
        writeln!(err, "blackbar: the drain deadline cut requests off: their senders were not answered")?;
    }
    for (exporter, records) in &left.records {
        writeln!(
            err,
            "blackbar: {records} records were not delivered by exporter {exporter}: they are lost"
        )?;
    }
    for (exporter, records) in &left.kept {
        writeln!(err, "blackbar: {records} records wait for exporter {exporter} until the next start")?;
    }
    if left.alerts > 0 {
        writeln!(err, "blackbar: {} alerts were not written: they are lost", left.alerts)?;
    }
    if left.alerts_kept > 0 {
        writeln!(err, "blackbar: {} alerts wait to be written until the next start", left.alerts_kept)?;
    }
    Ok(())
}

/// Our own log. Its fields are closed enums and names from the configuration: see `telemetry`.
fn log_to_stderr(log: &Log) {
    let level = match log.level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    // A log that is there already was set up by a test, and stays.
    let _ = started;
}
