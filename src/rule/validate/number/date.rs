//! Dates inside numbers: days that there are. Some countries add to the month to tell the century, or to the
//! day or the month to tell a woman or a number that is not for life.

/// Where the date stands, and how it is written.
#[derive(Debug)]
pub(super) struct Date {
    pub(super) at: usize,
    pub(super) form: Form,
    /// What may have been added to the month.
    pub(super) months: &'static [u32],
    /// What may have been added to the day.
    pub(super) days: &'static [u32],
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Year (two digits), month, day.
    Ymd,
    /// Year in full, month, day.
    YyyyMd,
    /// Day, month, year (two digits).
    Dmy,
    /// Day, month, the last three digits of the year.
    DmYyy,
}

impl Date {
    /// A date in which nothing was added.
    pub(super) const fn plain(at: usize, form: Form) -> Self {
        Self { at, form, months: &[0], days: &[0] }
    }

    pub(super) fn holds(&self, number: &[u8]) -> bool {
        let part = |from: usize, count: usize| {
            let digits = number.get(self.at + from..self.at + from + count)?;
            std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
        };
        let (year, month, day) = match self.form {
            Form::Ymd => (part(0, 2), part(2, 2), part(4, 2)),
            Form::YyyyMd => (part(0, 4).filter(|year| (1900..2100).contains(year)), part(4, 2), part(6, 2)),
            Form::Dmy => (part(4, 2), part(2, 2), part(0, 2)),
            Form::DmYyy => (part(4, 3).filter(|year| *year < 100 || *year > 850), part(2, 2), part(0, 2)),
        };
        let (Some(_), Some(month), Some(day)) = (year, month, day) else { return false };
        let months = self.months.iter().filter_map(|added| month.checked_sub(*added));
        let days = || self.days.iter().filter_map(|added| day.checked_sub(*added));
        months.into_iter().any(|month| days().any(|day| is_day(month, day)))
    }
}

/// Whether some year has that day.
pub(in super::super) fn is_day(month: u32, day: u32) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &Date, good: &[&str], bad: &[&str]) {
        for number in good {
            assert!(date.holds(number.as_bytes()), "{date:?} {number}");
        }
        for number in bad {
            assert!(!date.holds(number.as_bytes()), "{date:?} {number}");
        }
    }

    #[test]
    fn days_that_there_are_hold_in_every_form() {
        check(&Date::plain(0, Form::Ymd), &["800229", "991231x"], &["801301", "800230", "8001", "80010a"]);
        check(&Date::plain(1, Form::YyyyMd), &["x19491231", "x20000229"], &["x18991231", "x21000101"]);
        check(&Date::plain(0, Form::Dmy), &["311299"], &["320199", "310499", "001299"]);
        check(&Date::plain(0, Form::DmYyy), &["0101006", "3112985"], &["0101500"]);
    }

    #[test]
    fn what_was_added_is_taken_off() {
        let date = Date { at: 0, form: Form::Ymd, months: &[0, 20, 50], days: &[0, 40] };
        check(&date, &["802101", "806231", "800171"], &["801321", "807001", "800180", "800133"]);
    }
}
