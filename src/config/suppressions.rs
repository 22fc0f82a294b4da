//! `[[policy.suppressions]]`: findings that somebody answers for.
//!
//! One is named by its rule and by its fingerprint, as an alert tells it: the value itself stands in no
//! configuration. It has a reason, an owner and a day on which it ends; after that day it is as if it were not
//! written, and it is looked at again without a restart.

use super::rules::{NOT_A_SELECTOR, Selector};
use super::table::Table;
use crate::token::Token;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::SystemTime;

/// A finding that is neither redacted nor told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Of these rules.
    pub rule: Selector,
    /// The finding with this fingerprint, under the key of today or the one before.
    pub fingerprint: Token,
    /// When it ends.
    pub expires: SystemTime,
}

/// Those that have not ended. What is said of each is asked for, and is for people who read the file.
pub(super) fn read(table: &mut Table<'_>, now: SystemTime) -> Vec<Suppression> {
    let all = table.sections("suppressions", read_one);
    all.into_iter().flatten().filter(|suppression| suppression.expires > now).collect()
}

fn read_one(table: &mut Table<'_>) -> Option<Suppression> {
    let rule = table.required_text("rule").and_then(|text| {
        let selector = Selector::new(&text.value, text.place());
        if selector.is_none() {
            text.refuse(NOT_A_SELECTOR);
        }
        selector
    });
    let fingerprint = table.required_text("fingerprint").and_then(|text| {
        let fingerprint = Token::read(text.value.trim());
        if fingerprint.is_none() {
            text.complain("is not the fingerprint of an alert: sixteen lower-case letters and digits");
        }
        fingerprint
    });
    for said in ["reason", "owner"] {
        if let Some(text) = table.required_text(said)
            && text.value.trim().is_empty()
        {
            text.complain("is empty");
        }
    }
    let expires = table.required_text("expires").and_then(|text| {
        let day = text.value.trim().parse::<Date>().ok();
        let end = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|day| day.timestamp());
        if end.is_none() {
            text.refuse("is not a day, such as \"2027-03-31\"");
        }
        end.map(|end: Timestamp| SystemTime::from(end))
    });
    Some(Suppression { rule: rule?, fingerprint: fingerprint?, expires: expires? })
}
