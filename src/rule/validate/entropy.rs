//! Entropy, calibrated: a fixed threshold loses real keys (3.5 bits reject a fifth of random 32-digit
//! hexadecimal keys), so the least that passes is what all but one in a thousand random texts of the
//! same alphabet and length have. The quantiles were measured over 4,000 random texts each.

use super::{Match, Verdict};

/// Length, and the 0.1 % quantile of Shannon bits a character.
type Quantiles = [(usize, f64)];

const HEX: &Quantiles = &[(16, 2.48), (32, 3.16), (40, 3.31), (64, 3.55)];
const BASE36: &Quantiles = &[(20, 3.25), (32, 3.76), (40, 3.98)];
const BASE62: &Quantiles = &[(20, 3.48), (32, 4.10), (40, 4.36)];
const BASE64: &Quantiles = &[(20, 3.48), (40, 4.38), (64, 4.84)];

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    Verdict::keep_if(random(matched.secret()))
}

/// Whether a text is as random as its alphabet and length allow.
pub(super) fn random(text: &[u8]) -> bool {
    bits(text) >= least(alphabet(text), text.len())
}

fn alphabet(text: &[u8]) -> &'static Quantiles {
    let all = |is: fn(&u8) -> bool| text.iter().all(is);
    let one_case = all(|b| !b.is_ascii_uppercase()) || all(|b| !b.is_ascii_lowercase());
    match (all(u8::is_ascii_hexdigit) && one_case, all(u8::is_ascii_alphanumeric), one_case) {
        (true, _, _) => HEX,
        (_, true, true) => BASE36,
        (_, true, false) => BASE62,
        _ => BASE64,
    }
}

/// The quantile at a length: straight lines between the measured ones, through nothing at 1.
fn least(quantiles: &Quantiles, length: usize) -> f64 {
    let mut below = (1, 0.0);
    for &(at, bits) in quantiles {
        if length <= at {
            let share = length.saturating_sub(below.0) as f64 / (at - below.0) as f64;
            return below.1 + (bits - below.1) * share;
        }
        below = (at, bits);
    }
    below.1
}

/// Shannon bits a byte.
fn bits(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|p| -p * p.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn random_keys_of_every_alphabet_are_kept() {
        for key in [
            "faae5fde9721780f21ebf55e1481af04",
            "70de0ea82822b07c47337324dafc430212b0e5c73c520df3",
            "yeQYC8STGzyQiUz7G1A3KtL5EUe6XDFuHjROgheX",
            "pkkn4QgbbqqtH2Kx6OPHDnYnnSe13wl2l1XTk9FU",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ] {
            check(judge, key, Verdict::Keep);
        }
    }

    #[test]
    fn repeats_are_rejected() {
        for text in [
            "00000000000000000000000000000000",
            "abababababababababababab",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaA1/+",
        ] {
            check(judge, text, Verdict::Reject);
        }
    }
}
