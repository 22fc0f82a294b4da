//! Candidates: what a generator proposes and the confirm decides on.
//!
//! This is the seam between them. **A generator owes one thing: every match of a rule lies whole inside
//! one of the regions it proposes for that rule** (or starts exactly at one that says so). It may
//! propose too much; it decides nothing. Two that keep this promise find the same.

use crate::rule::RuleIndex;
use std::ops::Range;

/// A place worth a real look, inside one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    /// No match starts before.
    pub(super) start: usize,
    /// No match ends after.
    pub(super) end: usize,
    /// The segment it is in.
    pub(super) segment: Range<usize>,
    /// Whether a match can only start at `start`.
    pub(super) exact: bool,
}

impl Region {
    /// Whether the search of one can go on into the other. Of matches that start at one place, one region has them all,
    /// however they were found.
    fn touches(&self, other: &Self) -> bool {
        let in_one = match (self.exact, other.exact) {
            (true, true) => self.start == other.start,
            (false, false) => other.start <= self.end && self.start <= other.end,
            _ => false,
        };
        in_one && self.segment == other.segment
    }

    /// Takes the other in. They touch.
    fn unite(&mut self, other: &Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }
}

/// The regions of every rule, kept between calls.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    regions: Vec<Vec<Region>>,
    touched: Vec<RuleIndex>,
}

impl Candidates {
    /// Room for so many rules.
    pub(super) fn new(rules: usize) -> Self {
        Self { regions: vec![Vec::new(); rules], touched: Vec::new() }
    }

    /// Proposes a region. Regions of a rule that touch become one at once, so that a flood of
    /// literals makes one region and not one each.
    pub(super) fn propose(&mut self, rule: RuleIndex, region: Region) {
        let Some(regions) = self.regions.get_mut(usize::from(rule.0)) else { return };
        match regions.last_mut() {
            Some(last) if last.touches(&region) => last.unite(&region),
            None => {
                self.touched.push(rule);
                regions.push(region);
            }
            Some(_) => regions.push(region),
        }
    }

    /// Whether what was proposed last for a rule already reaches from `start` to `end`, or to the
    /// edges of the segment that `at` is in.
    pub(super) fn covers(&self, rule: RuleIndex, at: usize, start: usize, end: usize) -> bool {
        let last = self.regions.get(usize::from(rule.0)).and_then(|regions| regions.last());
        last.is_some_and(|last| {
            !last.exact
                && last.segment.contains(&at)
                && last.start <= start.max(last.segment.start)
                && end.min(last.segment.end) <= last.end
        })
    }

    /// Hands out the regions of every rule that has some, in order, and forgets them.
    pub(super) fn drain(&mut self, mut each: impl FnMut(RuleIndex, &[Region])) {
        for rule in self.touched.drain(..) {
            let Some(regions) = self.regions.get_mut(usize::from(rule.0)) else { continue };
            in_order(regions);
            each(rule, regions);
            regions.clear();
        }
    }
}

/// Sorts regions and unites the ones that touch.
fn in_order(regions: &mut Vec<Region>) {
    regions.sort_unstable_by_key(|region| region.start);
    regions.dedup_by(|next, kept| {
        let same = kept.touches(next);
        if same {
            kept.unite(next);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(start: usize, end: usize, exact: bool) -> Region {
        Region { start, end, segment: 0..100, exact }
    }

    #[test]
    fn touching_regions_become_one() {
        let mut candidates = Candidates::new(2);
        let rule = RuleIndex(1);
        for (start, end) in [(10, 20), (20, 30), (5, 12), (50, 60), (58, 59)] {
            candidates.propose(rule, region(start, end, false));
        }
        assert!(candidates.covers(rule, 58, 51, 59));
        assert!(!candidates.covers(rule, 58, 49, 59));
        assert!(!candidates.covers(RuleIndex(0), 58, 51, 59));
        let mut seen = Vec::new();
        candidates.drain(|rule, regions| seen.push((rule, regions.to_vec())));
        assert_eq!(seen, [(rule, vec![region(5, 30, false), region(50, 60, false)])]);
        candidates.drain(|_, _| unreachable!());
    }

    #[test]
    fn exact_regions_stay_apart_unless_they_start_at_one_place() {
        let mut candidates = Candidates::new(1);
        for (start, end) in [(10, 20), (10, 40), (12, 40), (11, 40), (10, 30), (11, 20)] {
            candidates.propose(RuleIndex(0), region(start, end, true));
        }
        candidates.drain(|_, regions| {
            assert_eq!(regions, [10, 11, 12].map(|start| region(start, 40, true)));
        });
    }
}
