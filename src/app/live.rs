//! Whether everything that is sent to would take it: see `check --live`. Writes nothing, and sends nothing that
//! was received.

use super::{StartError, parts};
use crate::config::Config;
use crate::{alert, export};

/// What one of them said.
pub struct Answer {
    /// Who, for people.
    pub whom: String,
    /// What is wrong, in words; `None`: nothing.
    pub wrong: Option<String>,
}

/// Asks every upstream and alert sink of a configuration.
///
/// # Errors
/// [`StartError`], if one of them would not start.
pub async fn probe(config: &Config) -> Result<Vec<Answer>, StartError> {
    let mut answers = Vec::new();
    for exporter in parts::exporters(config)? {
        for export::Probe { signal, wrong } in export::probe(&exporter).await? {
            answers.push(Answer { whom: format!("exporter {} ({signal})", exporter.name), wrong });
        }
    }
    for sink in parts::sinks(config)? {
        if matches!(sink.kind, alert::SinkKind::File { .. }) {
            continue;
        }
        let wrong = alert::probe(&sink).await?;
        answers.push(Answer { whom: format!("alerts {}", sink.name), wrong });
    }
    Ok(answers)
}
