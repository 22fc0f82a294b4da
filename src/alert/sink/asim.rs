//! A record as a row of `ASimAlertEventLogs`: the alert event schema of Microsoft's ASIM, version 0.1
//! (<https://learn.microsoft.com/azure/sentinel/normalization-schema-alert>).
//!
//! What does not fit a column is in `AdditionalFields`. Columns for what was found (`Url`, `FilePath`,
//! `ProcessCommandLine`, ...) stay empty: an alert does not hold it. Unknown columns are dropped by the
//! service without a word, so the names here are held by a test.

use crate::alert::groups::{Dropped, Group, Notice, Record};
use crate::alert::json::rfc3339;
use crate::rule::{Action, Category, Confidence, Severity};
use serde_json::{Map, Value, json};
use std::time::SystemTime;

/// The row of a record. `now` is the time of writing.
pub(super) fn row(record: &Record, now: SystemTime) -> Value {
    let mut row = match record {
        Record::Group(group) => of_group(group),
        Record::Dropped(dropped) => of_dropped(dropped),
        Record::Notice(notice) => of_notice(notice),
    };
    let always = json!({
        "TimeGenerated": rfc3339(now),
        "EventType": "Alert",
        "EventSubType": "Compliance Violation",
        "EventVendor": "blackbar",
        "EventProduct": "blackbar",
        "EventProductVersion": env!("CARGO_PKG_VERSION"),
        "EventSchema": "AlertEvent",
        "EventSchemaVersion": "0.1",
        "EventResult": "Success",
        "DetectionMethod": "Data Loss Prevention",
        "ThreatCategory": "Security Policy Violation",
        "AlertStatus": "Active",
    });
    if let (Value::Object(row), Value::Object(always)) = (&mut row, always) {
        row.extend(always);
        row.retain(|_, value| !value.is_null());
    }
    row
}

fn of_group(group: &Group) -> Value {
    let alert = &group.alert;
    let secret = alert.category == Some(Category::Secret);
    let user = alert.origin.user.as_deref();
    json!({
        "EventUid": group.uid,
        "EventCount": group.count,
        "EventStartTime": rfc3339(group.first_seen),
        "EventEndTime": rfc3339(group.last_seen),
        "EventSeverity": severity(alert.severity),
        "EventOriginalSeverity": alert.severity.name(),
        "ThreatRiskLevel": risk(alert.severity),
        "ThreatConfidence": confidence(alert.confidence),
        "AlertName": alert.rule_name,
        "EventMessage": message(group),
        "RuleName": alert.rule_name,
        "ThreatId": alert.rule,
        "ThreatName": alert.rule_name,
        "ThreatOriginalCategory": alert.category,
        "ThreatIsActive": alert.action == Action::Report,
        "ThreatFirstReportedTime": rfc3339(group.first_seen),
        "ThreatLastReportedTime": rfc3339(group.last_seen),
        "AttackTactics": secret.then_some("Credential Access"),
        "AttackTechniques": secret.then_some("Unsecured Credentials (T1552)"),
        "AttackRemediationSteps": remediation(alert.category),
        "IndicatorType": if user.is_some() { "User" } else { "Application" },
        "IndicatorAssociation": "Associated",
        "Username": user,
        "UsernameType": user.map(|user| if user.contains('@') { "UPN" } else { "Simple" }),
        "UserSessionId": alert.origin.session,
        "DvcHostname": alert.origin.device,
        "DvcAction": done(alert.action),
        "DvcOriginalAction": alert.action.name(),
        "AdditionalFields": additional(group),
    })
}

fn additional(group: &Group) -> Value {
    let alert = &group.alert;
    let origin = &alert.origin;
    let fields = json!({
        "SecretFingerprint": alert.fingerprint,
        "FingerprintKey": alert.fingerprint_key,
        "PreviousFingerprint": alert.previous_fingerprint,
        "PreviousFingerprintKey": alert.previous_fingerprint_key,
        "SealedSecret": alert.sealed,
        "SecretType": alert.rule,
        "RuleSeverity": group.rule_severity.name(),
        "Signal": alert.signal.name(),
        "AttributePaths": group.paths,
        "MoreAttributePaths": group.more_paths,
        "RecordCount": group.records,
        "Principal": alert.principal.name(),
        "AgentName": origin.agent,
        "AgentVersion": origin.agent_version,
        "ConversationId": origin.conversation,
        "PromptId": origin.prompt,
        "ToolName": origin.tool,
        "ModelName": origin.model,
        "Repository": origin.repository,
        "ServiceName": origin.service,
        "TraceId": origin.trace_id,
        "SpanId": origin.span_id,
        "SpreadUsers": group.spread.users,
        "SpreadPrincipals": group.spread.principals,
        "SpreadDevices": group.spread.devices,
        "SpreadSessions": group.spread.sessions,
    });
    let Value::Object(fields) = fields else { return Value::Null };
    Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

fn of_dropped(dropped: &Dropped) -> Value {
    let (rule, name) = (dropped.why.rule(), dropped.why.name());
    let level = dropped.why.severity().name();
    json!({
        "EventUid": dropped_uid(dropped),
        "EventCount": dropped.count,
        "EventStartTime": rfc3339(dropped.first_seen),
        "EventEndTime": rfc3339(dropped.last_seen),
        "EventSeverity": severity(dropped.why.severity()),
        "EventOriginalSeverity": level,
        "ThreatRiskLevel": risk(dropped.why.severity()),
        "ThreatConfidence": confidence(Confidence::High),
        "AlertName": name,
        "EventMessage": dropped_message(dropped),
        "RuleName": name,
        "ThreatId": rule,
        "ThreatName": name,
        "IndicatorType": "Application",
        "IndicatorAssociation": "Associated",
        "AdditionalFields": {"Principal": dropped.why.principal()},
    })
}

fn of_notice(notice: &Notice) -> Value {
    let (rule, name, level) = (notice.what.rule(), notice.what.name(), notice.what.severity());
    json!({
        "EventUid": notice_uid(notice),
        "EventCount": notice.count,
        "EventStartTime": rfc3339(notice.first_seen),
        "EventEndTime": rfc3339(notice.last_seen),
        "EventSeverity": severity(level),
        "EventOriginalSeverity": level.name(),
        "ThreatRiskLevel": risk(level),
        "ThreatConfidence": confidence(Confidence::High),
        "AlertName": name,
        "EventMessage": name,
        "RuleName": name,
        "ThreatId": rule,
        "ThreatName": name,
        "IndicatorType": "Application",
        "IndicatorAssociation": "Associated",
    })
}

/// The same whenever the same is told again.
pub(super) fn notice_uid(notice: &Notice) -> String {
    format!("{}-{}", notice.what.rule(), rfc3339(notice.first_seen))
}

/// The same.
pub(super) fn dropped_uid(dropped: &Dropped) -> String {
    let why = &dropped.why;
    let (rule, whose, level) = (why.rule(), why.principal().unwrap_or_default(), why.severity().name());
    format!("{rule}-{whose}-{level}-{}", rfc3339(dropped.first_seen))
}

pub(super) fn dropped_message(dropped: &Dropped) -> String {
    format!("{}. {} findings are in no alert of their own.", dropped.why.name(), dropped.count)
}

/// Words of ours alone, and of the rule.
pub(super) fn message(group: &Group) -> String {
    let Group { alert, count, records, .. } = group;
    let agent = alert.origin.agent.as_deref().unwrap_or("an agent");
    let many = if *count == 1 { "" } else { "s" };
    let name = &alert.rule_name;
    format!(
        "{name} in {} of {agent}: {count} finding{many}, {records} record{}, {}",
        alert.signal,
        if *records == 1 { "" } else { "s" },
        done(alert.action).to_lowercase()
    )
}

const fn done(action: Action) -> &'static str {
    match action {
        Action::Report => "Detected",
        Action::Partial => "Partially masked",
        Action::Hash => "Tokenized",
        Action::Seal => "Sealed",
        Action::Mask => "Masked",
        Action::Drop => "Removed",
    }
}

/// ASIM has no level above `High`.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High | Severity::Critical => "High",
    }
}

/// From 0 to 100.
const fn risk(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 25,
        Severity::Medium => 50,
        Severity::High => 75,
        Severity::Critical => 95,
    }
}

/// From 0 to 100.
const fn confidence(confidence: Confidence) -> u8 {
    match confidence {
        Confidence::Low => 30,
        Confidence::Medium => 60,
        Confidence::High => 90,
    }
}

const fn remediation(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Secret) => {
            "Revoke or rotate the secret where it was issued. Find out with SecretFingerprint where else it was seen. \
             Tell the user how to keep it out of the agent's reach."
        }
        Some(Category::Pii) => {
            "Find out whether the person's data belongs where the agent read it, and tell the user. Nothing of it was \
             passed on unless the action is Detected."
        }
        None => "Nobody looked inside this value. Ask the user what it was, if it comes again.",
    }
}
