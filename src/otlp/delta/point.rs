//! What a point counts, and taking off what it counted before.

use super::exponential::Exponential;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, number_data_point::Value as Number,
};

/// What a point counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Int(i64),
    Double(f64),
    Explicit(Explicit),
    Exponential(Exponential),
}

/// What a histogram with explicit bounds counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Explicit {
    count: u64,
    sum: Option<f64>,
    bounds: Box<[f64]>,
    buckets: Box<[u64]>,
}

impl Value {
    /// Bytes on the heap.
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Int(_) | Self::Double(_) => 0,
            Self::Explicit(explicit) => 8 * (explicit.bounds.len() + explicit.buckets.len()),
            Self::Exponential(exponential) => exponential.bytes(),
        }
    }
}

impl Value {
    const fn double(&self) -> Option<f64> {
        match self {
            Self::Int(int) => Some(approximately(*int)),
            Self::Double(double) => Some(*double),
            Self::Explicit(_) | Self::Exponential(_) => None,
        }
    }
}

/// How taking off went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Minus {
    /// The point is the difference now.
    Done,
    /// It counts less than before, and is as it was.
    Less,
    /// The two cannot be compared. The point means nothing any more.
    Unlike,
}

/// A point of cumulative temporality.
pub(super) trait Cumulative {
    fn attributes(&self) -> &[KeyValue];
    /// Start, time and flags.
    fn times(&self) -> (u64, u64, u32);
    /// Sets the start.
    fn begin(&mut self, start: u64);
    /// What it counts; `None`, if that is no number.
    fn value(&self) -> Option<Value>;
    /// Takes off what was counted before.
    fn minus(&mut self, before: &Value) -> Minus;
}

macro_rules! common {
    () => {
        fn attributes(&self) -> &[KeyValue] {
            &self.attributes
        }

        fn times(&self) -> (u64, u64, u32) {
            (self.start_time_unix_nano, self.time_unix_nano, self.flags)
        }

        fn begin(&mut self, start: u64) {
            self.start_time_unix_nano = start;
        }
    };
}

impl Cumulative for NumberDataPoint {
    common!();

    fn value(&self) -> Option<Value> {
        match self.value? {
            Number::AsInt(int) => Some(Value::Int(int)),
            Number::AsDouble(double) => double.is_finite().then_some(Value::Double(double)),
        }
    }

    fn minus(&mut self, before: &Value) -> Minus {
        let Some(now) = self.value else { return Minus::Unlike };
        let difference = match (now, before) {
            (Number::AsInt(now), Value::Int(before)) if now < *before => return Minus::Less,
            (Number::AsInt(now), Value::Int(before)) => now.checked_sub(*before).map(Number::AsInt),
            (now, before) => {
                let Some(before) = before.double() else { return Minus::Unlike };
                let now = double(now);
                if now < before {
                    return Minus::Less;
                }
                difference(Some(now), Some(before)).map(Number::AsDouble)
            }
        };
        self.value = difference.or(self.value);
        if difference.is_some() { Minus::Done } else { Minus::Unlike }
    }
}

const fn double(number: Number) -> f64 {
    match number {
        Number::AsInt(int) => approximately(int),
        Number::AsDouble(double) => double,
    }
}

/// A sender that changes from integers to doubles has given up on being exact past 2^53.
#[allow(clippy::cast_precision_loss)]
const fn approximately(int: i64) -> f64 {
    int as f64
}

impl Cumulative for HistogramDataPoint {
    common!();

    fn value(&self) -> Option<Value> {
        let (count, sum) = (self.count, self.sum.filter(|sum| sum.is_finite()));
        let (bounds, buckets) =
            (self.explicit_bounds.as_slice().into(), self.bucket_counts.as_slice().into());
        Some(Value::Explicit(Explicit { count, sum, bounds, buckets }))
    }

    fn minus(&mut self, before: &Value) -> Minus {
        let Value::Explicit(before) = before else { return Minus::Unlike };
        let alike =
            *before.bounds == *self.explicit_bounds && before.buckets.len() == self.bucket_counts.len();
        let fell = self.bucket_counts.iter().zip(&before.buckets).any(|(now, before)| now < before);
        if self.count < before.count || (alike && fell) {
            return Minus::Less;
        }
        if alike {
            self.bucket_counts.iter_mut().zip(&before.buckets).for_each(|(now, before)| *now -= before);
        } else {
            (self.bucket_counts, self.explicit_bounds) = (Vec::new(), Vec::new());
        }
        self.count -= before.count;
        self.sum = difference(self.sum, before.sum);
        (self.min, self.max) = (None, None);
        Minus::Done
    }
}

/// Of two sums; none, if one is missing.
pub(super) fn difference(now: Option<f64>, before: Option<f64>) -> Option<f64> {
    Some(now? - before?).filter(|difference| difference.is_finite())
}

impl Cumulative for ExponentialHistogramDataPoint {
    common!();

    fn value(&self) -> Option<Value> {
        Exponential::of(self).map(Value::Exponential)
    }

    fn minus(&mut self, before: &Value) -> Minus {
        let Value::Exponential(before) = before else { return Minus::Unlike };
        before.take_off(self)
    }
}
