//! `blackbar serve`: the proxy, until it is told to stop.

use super::Status;
use super::args::ServeArgs;
use crate::app::{App, Left};
use crate::config::{Config, Log, LogFormat, LogLevel};
use std::io::{self, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) fn run(args: &ServeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let config = match Config::load(args.config.as_deref(), &args.overrides()) {
        Ok(config) => config,
        Err(errors) => return writeln!(err, "{errors}").map(|()| Status::Found),
    };
    log_to_stderr(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, out, err))
}

async fn serve(config: Config, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    // Caught before anything is received: a signal in between would end the program without draining.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let app = match App::start(config).await {
        Ok(app) => app,
        Err(error) => return writeln!(err, "blackbar: {error}").map(|()| Status::Found),
    };
    out.write_all(app.banner().as_bytes())?;
    out.flush()?;
    let left = app.run(any(signals)).await;
    tell(&left, err)?;
    Ok(if left.nothing_lost() { Status::Ok } else { Status::Found })
}

async fn any([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
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
