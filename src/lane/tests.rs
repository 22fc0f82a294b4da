#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod disk;

use super::segment::Chunk;
use super::store::{Owed, Writer};
use super::*;
use bytes::Bytes;
use disk::Disk;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 2] = ["a", "b"];
/// Small, so that there are many.
const SEGMENT: u64 = 100_000;

fn item(number: u32, size: usize) -> Item {
    let mut body = number.to_be_bytes().to_vec();
    body.resize(4 + size, number.to_be_bytes()[3]);
    Item { head: Bytes::from_static(b"ci"), body: body.into(), records: 1 }
}

fn number(item: &Item) -> u32 {
    u32::from_be_bytes(*item.body.first_chunk().unwrap())
}

struct Rig {
    store: Arc<Store>,
    writer: Writer,
    owed: Vec<Owed>,
    next: u64,
}

impl Rig {
    fn open(disk: &Disk, names: &[&str]) -> Result<Self, Trouble> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let (store, writer, found) = Store::open(Box::new(disk.clone()), names, SEGMENT)?;
        let Found { readers, next, .. } = found;
        Ok(Self { store, writer, owed: readers, next })
    }

    fn push(&mut self, numbers: std::ops::Range<u32>, size: usize) -> Result<(), Trouble> {
        let items: Vec<_> = numbers.map(|number| item(number, size)).collect();
        self.writer.append(&items, SystemTime::now())?;
        self.next += items.len() as u64;
        Ok(())
    }

    /// What a reader gets next, and is past then.
    fn take(&mut self, reader: usize, portion: Portion) -> Result<Vec<Item>, Trouble> {
        let at = self.owed[reader].at;
        if at >= self.next {
            return Ok(Vec::new());
        }
        match self.store.read(at, portion)? {
            Read::Chunk(Chunk { items, count, .. }) => {
                self.owed[reader].at += count;
                Ok(items)
            }
            Read::Skip { to } => {
                self.owed[reader].at = to.min(self.next);
                Ok(Vec::new())
            }
        }
    }

    fn keep(&mut self) -> Result<(), Trouble> {
        let numbers: Vec<_> = self.owed.iter().map(|owed| owed.at).collect();
        self.writer.keep(&numbers)
    }

    fn rest(&mut self, reader: usize) -> Vec<u32> {
        let mut all = Vec::new();
        while self.owed[reader].at < self.next {
            all.extend(self.take(reader, Portion::Bytes(50_000)).unwrap().iter().map(number));
        }
        all
    }
}

fn numbers(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

#[test]
fn what_was_kept_is_there_after_a_restart_and_nothing_that_was_passed() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    rig.push(0..10, 40_000).unwrap();
    rig.push(10..20, 40_000).unwrap();
    assert_eq!(rig.take(0, Portion::Count(15)).unwrap().len(), 10, "a batch is of one segment");
    assert_eq!(rig.take(0, Portion::Count(5)).unwrap().len(), 5);
    rig.keep().unwrap();
    drop(rig);
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    let cost = item(0, 40_000).cost() as u64;
    let owed = |at, entries| (at, entries * cost, entries);
    let counted: Vec<_> = rig.owed.iter().map(|owed| (owed.at, owed.bytes, owed.records)).collect();
    assert_eq!(counted, [owed(15, 5), owed(0, 20)]);
    assert_eq!((rig.rest(0), rig.rest(1)), (numbers(15..20), numbers(0..20)));
    rig.keep().unwrap();
    assert_eq!(disk.list(), ["readers.redb"], "files that all have passed are gone");
}

#[test]
fn a_file_is_removed_when_the_last_reader_has_passed_it() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    (0..4).for_each(|at| rig.push(at * 10..at * 10 + 10, 20_000).unwrap());
    assert_eq!(disk.list().len(), 5);
    assert_eq!(rig.rest(0).len(), 40);
    rig.keep().unwrap();
    assert_eq!(disk.list().len(), 5, "the other has not");
    rig.take(1, Portion::Count(10)).unwrap();
    rig.keep().unwrap();
    assert_eq!(disk.list().len(), 4);
}

#[test]
fn a_new_reader_gets_what_is_there_and_one_that_is_gone_holds_nothing_back() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    (0..4).for_each(|at| rig.push(at * 10..at * 10 + 10, 20_000).unwrap());
    rig.rest(0);
    rig.keep().unwrap();
    drop(rig);
    let (_, _, found) = Store::open(Box::new(disk.clone()), vec!["a".to_owned()], SEGMENT).unwrap();
    assert_eq!(found.strangers, ["b"]);
    let mut rig = Rig::open(&disk, &["a", "new"]).unwrap();
    assert_eq!((rig.rest(0), rig.rest(1)), (numbers(40..40), numbers(0..40)));
    rig.keep().unwrap();
    assert_eq!(disk.list(), ["readers.redb"]);
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    let (mut kept, mut refused) = (Vec::new(), 0);
    for at in 0..60_u32 {
        match at {
            20 => disk.fill(Some(150_000)),
            40 => disk.fill(None),
            _ => {}
        }
        match rig.push(at..at + 1, 30_000) {
            Ok(()) => kept.push(at),
            Err(trouble) => {
                assert!((20..40).contains(&at), "{at}: {trouble}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10, "{refused}");
    assert!(kept.iter().any(|at| *at >= 40) && kept.len() == 60 - refused);
    assert_eq!((rig.rest(0), rig.rest(1)), (kept.clone(), kept));
    assert!(disk.aside().is_empty());
}

#[test]
fn damage_costs_what_was_damaged_and_no_more() {
    let second = segment::name_of(10);
    for (what, damaged) in [
        ("the header", 0..4096),
        ("all of it", 0..1 << 30),
        ("a page in the middle", 100_000..100_100),
        ("one byte of a body", 150_000..150_001),
    ] {
        let disk = Disk::default();
        let mut rig = Rig::open(&disk, &NAMES).unwrap();
        (0..5).for_each(|at| rig.push(at * 10..at * 10 + 10, 20_000).unwrap());
        drop(rig);
        disk.damage(&second, damaged);
        let mut rig = Rig::open(&disk, &NAMES).unwrap();
        for reader in 0..2 {
            let got = rig.rest(reader);
            let others: Vec<_> = got.iter().copied().filter(|number| !(10..20).contains(number)).collect();
            assert_eq!(others, [numbers(0..10), numbers(20..50)].concat(), "{what}");
            assert!(got.is_sorted(), "{what}");
        }
        rig.push(50..60, 10).unwrap();
        assert_eq!(rig.rest(0), numbers(50..60), "{what}");
    }
}

#[test]
fn what_is_written_after_its_file_was_put_aside_goes_into_another() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    rig.push(0..2, 20_000).unwrap();
    let writing = disk.list().into_iter().find(|name| name.starts_with('0')).unwrap();
    // The file that is being written to, and more of it than is in memory.
    rig.store.give_up(0);
    assert!(!disk.list().contains(&writing));
    rig.push(2..4, 20_000).unwrap();
    assert_eq!((rig.rest(0), rig.rest(1)), (numbers(2..4), numbers(2..4)));
}

#[test]
fn a_reader_passes_and_counts_what_was_put_aside_before_the_first_file_there_is() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    (0..2).for_each(|at| rig.push(at * 10..at * 10 + 10, 20_000).unwrap());
    rig.take(0, Portion::Count(4)).unwrap();
    rig.keep().unwrap();
    drop(rig);
    disk.damage(&segment::name_of(0), 0..4096);
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    assert_eq!(disk.aside(), [segment::name_of(0)]);
    for (reader, passed) in [(0, 6), (1, 10)] {
        let at = rig.owed[reader].at;
        assert!(matches!(rig.store.read(at, Portion::Count(1)), Ok(Read::Skip { to }) if to - at == passed));
        assert_eq!(rig.rest(reader), numbers(10..20));
    }
}

#[test]
fn without_the_readers_file_everything_comes_again() {
    let disk = Disk::default();
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    rig.push(0..3, 10).unwrap();
    rig.rest(0);
    rig.keep().unwrap();
    drop(rig);
    disk.damage("readers.redb", 0..1 << 20);
    let mut rig = Rig::open(&disk, &NAMES).unwrap();
    assert_eq!(disk.aside(), ["readers.redb"]);
    assert_eq!(rig.rest(0), numbers(0..3));
}

#[derive(Debug, Clone)]
enum Step {
    /// So many entries of such a size, in one commit.
    Push(u32, usize),
    /// A reader takes so many, and is past them.
    Take(usize, u64),
    /// The numbers of the readers are written down.
    Keep,
    /// Writes fail from the nth operation on, until the next crash or recovery.
    Fail(usize),
    /// The disk has room for so much more, until the next crash or recovery.
    Fill(usize),
    /// The disk is well again.
    Recover,
    /// The power goes, the nth operation from now, at the latest after so many entries.
    Crash(u64),
    /// The program is stopped and started.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..5_u32, prop_oneof![0..200_usize, 20_000..90_000_usize]).prop_map(|(n, size)| Step::Push(n, size)),
        4 => (0..2_usize, 1..9_u64).prop_map(|(reader, count)| Step::Take(reader, count)),
        2 => Just(Step::Keep),
        1 => (0..40_usize).prop_map(Step::Fail),
        1 => (0..300_000_usize).prop_map(Step::Fill),
        2 => Just(Step::Recover),
        2 => any::<u64>().prop_map(Step::Crash),
        1 => Just(Step::Restart),
    ]
}

/// What has to be true of the store, in lists.
struct Model {
    rig: Option<Rig>,
    disk: Disk,
    number: u32,
    /// The numbers that were promised.
    promised: Vec<u32>,
    /// What each reader has got.
    got: [BTreeSet<u32>; 2],
}

impl Model {
    fn rig(&mut self) -> &mut Rig {
        self.rig.get_or_insert_with(|| {
            self.disk.fail_after(None);
            self.disk.fill(None);
            Rig::open(&self.disk, &NAMES).unwrap()
        })
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push(count, size) => {
                let numbers = self.number..self.number + count;
                self.number += count;
                if self.rig().push(numbers.clone(), size).is_ok() {
                    self.promised.extend(numbers);
                }
            }
            Step::Take(reader, count) => {
                let taken = self.rig().take(reader, Portion::Count(count)).unwrap_or_default();
                let numbers: Vec<_> = taken.iter().map(number).collect();
                assert!(numbers.is_sorted());
                self.got[reader].extend(numbers);
            }
            Step::Keep => _ = self.rig().keep(),
            Step::Fail(operations) => self.disk.fail_after(Some(operations)),
            Step::Fill(spare) => self.disk.fill(Some(spare)),
            Step::Recover => {
                self.disk.fail_after(None);
                self.disk.fill(None);
            }
            Step::Crash(seed) => {
                // What the program still does as it goes down, the disk does not see.
                self.disk.fail_after(Some(0));
                self.rig = None;
                self.disk.crash(seed);
            }
            Step::Restart => self.rig = None,
        }
    }

    fn finish(mut self) {
        self.step(Step::Recover);
        for reader in 0..2 {
            let rest = self.rig().rest(reader);
            self.got[reader].extend(rest);
            let lost: Vec<_> =
                self.promised.iter().filter(|number| !self.got[reader].contains(number)).collect();
            assert!(lost.is_empty(), "{lost:?} of {:?}", self.promised);
        }
        assert!(self.disk.aside().is_empty(), "a crash is not damage");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_was_promised_reaches_every_reader_whatever_happens_to_the_disk(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let got = [BTreeSet::new(), BTreeSet::new()];
        let mut model = Model { rig: None, disk: Disk::default(), number: 0, promised: Vec::new(), got };
        steps.into_iter().for_each(|step| model.step(step));
        model.finish();
    }
}
