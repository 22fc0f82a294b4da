//! `blackbar check`: everything that is wrong with a configuration, or what it would do.

use super::Status;
use super::args::CheckArgs;
use crate::app;
use crate::config::{Config, Exporter, OtlpExporter, Upstream};
use crate::signal::Signal;
use std::io::{self, Write};

pub(super) fn run(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let checked = Config::load(args.serve.config.as_deref(), &args.serve.overrides())
        .map_err(|errors| errors.to_string())
        .and_then(|config| Ok((build(&config)?, config)));
    match checked {
        Ok((rules, config)) => {
            summary(&config, rules, out)?;
            if args.live { live(&config, out, err) } else { Ok(Status::Ok) }
        }
        Err(errors) => writeln!(err, "{errors}").map(|()| Status::Found),
    }
}

/// Builds what can be built without binding, connecting or writing, as `serve` would: how many rules
/// are looked for.
fn build(config: &Config) -> Result<usize, String> {
    app::admit(config).map_err(|error| error.to_string())?;
    let scanner = app::scanner(config).map_err(|error| error.to_string())?;
    Ok(scanner.ruleset().rules().count())
}

/// Asks every upstream and sink, and tells what each said.
fn live(config: &Config, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answers = match runtime.block_on(app::probe(config)) {
        Ok(answers) => answers,
        Err(error) => return writeln!(err, "{error}").map(|()| Status::Found),
    };
    let mut status = Status::Ok;
    for app::Answer { whom, wrong } in answers {
        match wrong {
            None => writeln!(out, "live            {whom}: ok")?,
            Some(wrong) => {
                status = Status::Found;
                writeln!(err, "live            {whom}: {wrong}")?;
            }
        }
    }
    Ok(status)
}

fn summary(config: &Config, rules: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "ok")?;
    let who = match config.receive.tokens.len() {
        0 => "no authentication".to_owned(),
        1 => "one token".to_owned(),
        count => format!("{count} tokens"),
    };
    for address in &config.receive.listen {
        writeln!(out, "listens on      {address} ({who})")?;
    }
    if let Some(address) = config.admin.listen {
        writeln!(out, "admin on        {address}")?;
    }
    writeln!(out, "rules           {rules}")?;
    for exporter in &config.exporters {
        writeln!(out, "telemetry goes  {}", destination(exporter))?;
    }
    for place in config.alerts.places() {
        writeln!(out, "alerts go       to {place}")?;
    }
    Ok(())
}

fn destination(exporter: &Exporter) -> String {
    let name = &exporter.name;
    match &exporter.upstream {
        Upstream::File(file) => format!("to {} ({name})", file.directory.display()),
        Upstream::Otlp(otlp) => format!("{} ({name})", endpoints(otlp)),
        Upstream::ApplicationInsights(to) => format!("to {} ({name}, {})", to.endpoint, to.whom()),
        Upstream::AzureMonitor(azure) => {
            format!("{} ({name}, {})", endpoints(&azure.otlp), azure.credential.name())
        }
    }
}

fn endpoints(otlp: &OtlpExporter) -> String {
    let each = Signal::ALL.into_iter().filter_map(|signal| Some(format!("to {}", otlp.endpoint(signal)?)));
    each.collect::<Vec<_>>().join(", ")
}
