//! Every kind of number, by the country that gives it out. What a line is made from is the publication that
//! the rule of the same kind refers to.

use super::check::Check::{
    All, Begins, BeginsNot, Built, Date as On, Either, Iso7064, Luhn, LuhnBehind, Own, Total, Varied,
    Verhoeff,
};
use super::check::{Character, Check, Remainder};
use super::date::{Date, Form};
use super::{Scheme, own, vat};

/// What the sum leaves; ten is given to nobody.
const REST: &[u8] = b"0123456789?";
/// The same, and ten is written as zero.
const REST_OR_ZERO: &[u8] = b"01234567890";
/// What is missing of eleven; ten is given to nobody.
const MISSING: &[u8] = b"0?987654321";
/// The same, and ten is written as zero.
const MISSING_OR_ZERO: &[u8] = b"00987654321";
/// What is missing of eleven, and of that the last digit.
const MISSING_LAST: &[u8] = b"10987654321";
/// What the sum leaves, of ten.
const REST_10: &[u8] = b"0123456789";
/// What is missing of ten.
const MISSING_10: &[u8] = b"0987654321";

const fn at(at: usize, weights: &'static [i64], table: &'static [u8]) -> Check {
    Check::Character(Character { at, weights, table })
}

const fn rest(digits: usize, modulus: u64) -> Check {
    Check::Remainder(Remainder { before: 0, digits, modulus, missing: false })
}

const fn missing(before: u64, digits: usize, modulus: u64) -> Check {
    Check::Remainder(Remainder { before, digits, modulus, missing: true })
}

const fn date(at: usize, form: Form) -> Check {
    On(Date::plain(at, form))
}

const fn moved(at: usize, form: Form, months: &'static [u32], days: &'static [u32]) -> Check {
    On(Date { at, form, months, days })
}

const fn scheme(name: &'static str, length: (usize, usize), checks: &'static [Check]) -> Scheme {
    Scheme { name, length, checks }
}

/// The schemes. A name is a word of a pack: it does not change.
pub(super) const SCHEMES: &[Scheme] = &[
    // North America.
    scheme("us_itin", (9, 9), &[Begins(&["9"]), Built(own::itin)]),
    scheme(
        "us_ein",
        (9, 9),
        &[
            Varied,
            BeginsNot(&[
                "00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89",
                "96", "97",
            ]),
        ],
    ),
    scheme(
        "us_routing",
        (9, 9),
        &[
            BeginsNot(&[
                "4", "5", "9", "13", "14", "15", "16", "17", "18", "19", "33", "34", "35", "36", "37", "38",
                "39", "73", "74", "75", "76", "77", "78", "79", "81", "82", "83", "84", "85", "86", "87",
                "88", "89", "000",
            ]),
            Total(&[3, 7, 1, 3, 7, 1, 3, 7, 1], 10, 0),
        ],
    ),
    scheme("us_npi", (10, 10), &[Begins(&["1", "2"]), LuhnBehind("80840")]),
    scheme("us_dea", (9, 9), &[at(8, &[0, 0, 1, 2, 1, 2, 1, 2], REST_10)]),
    scheme("ca_sin", (9, 9), &[BeginsNot(&["8", "000"]), Varied, Luhn]),
    scheme("mx_curp", (18, 18), &[date(4, Form::Ymd), Own(own::curp)]),
    scheme("mx_rfc", (12, 13), &[Either(&[date(3, Form::Ymd), date(4, Form::Ymd)]), Own(own::rfc)]),
    scheme("mx_nss", (11, 11), &[Varied, Luhn]),
    scheme(
        "mx_clabe",
        (18, 18),
        &[Varied, at(17, &[3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7], b"0987654321")],
    ),
    // South America.
    scheme(
        "br_cpf",
        (11, 11),
        &[
            Varied,
            at(9, &[10, 9, 8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO),
            at(10, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO),
        ],
    ),
    scheme("br_cnpj", (14, 14), &[Varied, Own(own::cnpj)]),
    scheme("br_pis", (11, 11), &[Varied, at(10, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO)]),
    scheme(
        "ar_cuit",
        (11, 11),
        &[
            Begins(&["20", "23", "24", "25", "26", "27", "30", "33", "34"]),
            at(10, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING),
        ],
    ),
    scheme(
        "ar_cbu",
        (22, 22),
        &[
            Varied,
            at(7, &[7, 1, 3, 9, 7, 1, 3], MISSING_10),
            at(21, &[0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3], MISSING_10),
        ],
    ),
    scheme("cl_rut", (8, 9), &[Varied, Own(own::rut)]),
    scheme("co_nit", (10, 10), &[Varied, at(9, &[41, 37, 29, 23, 19, 17, 13, 7, 3], b"01987654321")]),
    scheme(
        "ec_cedula",
        (10, 10),
        &[
            Built(|number| {
                matches!(
                    number,
                    [b'0'..=b'1', b'1'..=b'9', ..] | [b'2', b'0'..=b'4', ..] | [b'1' | b'3', b'0', ..]
                )
            }),
            Luhn,
        ],
    ),
    scheme(
        "pe_ruc",
        (11, 11),
        &[Begins(&["10", "15", "16", "17", "20"]), at(10, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING_LAST)],
    ),
    scheme("uy_ci", (8, 8), &[Varied, at(7, &[2, 9, 8, 7, 6, 3, 4], MISSING_10)]),
    scheme("do_cedula", (11, 11), &[Varied, Luhn]),
    scheme("ve_rif", (10, 10), &[Own(own::rif)]),
    // Western Europe.
    scheme("gb_nhs", (10, 10), &[Varied, at(9, &[10, 9, 8, 7, 6, 5, 4, 3, 2], MISSING)]),
    scheme("gb_nino", (9, 9), &[BeginsNot(&["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"])]),
    scheme("gb_utr", (10, 10), &[Varied, at(0, &[6, 7, 8, 9, 10, 5, 4, 3, 2], b"21987654321")]),
    scheme("ie_pps", (8, 9), &[Own(own::pps)]),
    scheme("fr_nir", (15, 15), &[Own(own::nir)]),
    scheme("fr_spi", (13, 13), &[Varied, Begins(&["0", "1", "2", "3"]), rest(10, 511)]),
    scheme("fr_siren", (9, 14), &[Varied, Luhn]),
    scheme("de_tax_id", (11, 11), &[BeginsNot(&["0"]), Built(own::one_repeats), Iso7064]),
    scheme("de_health", (10, 10), &[Varied, Own(own::kvnr)]),
    scheme("de_pension", (12, 12), &[moved(2, Form::Dmy, &[0], &[0, 50]), Own(own::rvnr)]),
    scheme("de_identity_card", (10, 10), &[at(9, &[7, 3, 1, 7, 3, 1, 7, 3, 1], REST_10)]),
    scheme("nl_bsn", (9, 9), &[Varied, at(8, &[9, 8, 7, 6, 5, 4, 3, 2], REST)]),
    scheme(
        "be_national",
        (11, 11),
        &[
            Either(&[date(0, Form::Ymd), moved(0, Form::Ymd, &[20, 40], &[0])]),
            Either(&[missing(0, 9, 97), missing(2, 9, 97)]),
        ],
    ),
    scheme("lu_national", (13, 13), &[date(0, Form::YyyyMd), Own(own::luxembourg)]),
    scheme(
        "at_social",
        (10, 10),
        &[
            BeginsNot(&["0"]),
            moved(4, Form::Dmy, &[0, 1, 2, 3], &[0]),
            at(3, &[3, 7, 9, 5, 8, 4, 2, 1, 6], REST),
        ],
    ),
    scheme(
        "ch_ahv",
        (13, 13),
        &[Begins(&["756"]), at(12, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3], MISSING_10)],
    ),
    // Southern Europe.
    scheme(
        "es_dni",
        (9, 9),
        &[
            Varied,
            at(8, &[10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1], b"TRWAGMYFPDXBNJZSQVHLCKE"),
        ],
    ),
    scheme("es_nie", (9, 9), &[Own(own::nie)]),
    scheme("es_social", (12, 12), &[Varied, Either(&[rest(10, 97), Own(own::short_social)])]),
    scheme(
        "pt_nif",
        (9, 9),
        &[BeginsNot(&["0", "4"]), Varied, at(8, &[9, 8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO)],
    ),
    scheme("it_fiscal_code", (16, 16), &[Own(own::codice_fiscale)]),
    scheme("it_vat", (11, 11), &[Varied, Luhn]),
    scheme("gr_afm", (9, 9), &[Varied, at(8, &[256, 128, 64, 32, 16, 8, 4, 2], REST_OR_ZERO)]),
    scheme("gr_amka", (11, 11), &[date(0, Form::Dmy), Luhn]),
    scheme(
        "tr_identity",
        (11, 11),
        &[
            BeginsNot(&["0"]),
            at(9, &[7, -1, 7, -1, 7, -1, 7, -1, 7], REST_10),
            at(10, &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], REST_10),
        ],
    ),
    // Northern Europe.
    scheme("se_personal", (10, 12), &[Own(own::personnummer)]),
    scheme(
        "no_birth",
        (11, 11),
        &[
            moved(0, Form::Dmy, &[0, 40, 80], &[0, 40]),
            at(9, &[3, 7, 6, 1, 8, 9, 4, 5, 2], MISSING),
            at(10, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING),
        ],
    ),
    scheme("dk_cpr", (10, 10), &[moved(0, Form::Dmy, &[0], &[0, 60])]),
    scheme("fi_hetu", (10, 11), &[Own(own::hetu)]),
    scheme(
        "is_kennitala",
        (10, 10),
        &[
            moved(0, Form::Dmy, &[0], &[0, 40]),
            Built(|number| matches!(number.last(), Some(b'0' | b'8' | b'9'))),
            at(8, &[3, 2, 7, 6, 5, 4, 3, 2], MISSING),
        ],
    ),
    scheme(
        "ee_lt_personal",
        (11, 11),
        &[
            BeginsNot(&["0", "7", "8", "9"]),
            date(1, Form::Ymd),
            Either(&[
                at(10, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1], REST),
                at(10, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3], REST_OR_ZERO),
            ]),
        ],
    ),
    scheme(
        "lv_personal",
        (11, 11),
        &[Either(&[
            Begins(&["32", "33", "34", "35", "36", "37", "38", "39"]),
            All(&[date(0, Form::Dmy), at(10, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2], b"10098765432")]),
        ])],
    ),
    // Central and eastern Europe.
    scheme(
        "pl_pesel",
        (11, 11),
        &[
            moved(0, Form::Ymd, &[0, 20, 40, 60, 80], &[0]),
            at(10, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3], MISSING_10),
        ],
    ),
    scheme("pl_nip", (10, 10), &[BeginsNot(&["0"]), Varied, at(9, &[6, 5, 7, 2, 3, 4, 5, 6, 7], REST)]),
    scheme("pl_regon", (9, 9), &[Varied, at(8, &[8, 9, 2, 3, 4, 5, 6, 7], REST_OR_ZERO)]),
    scheme("pl_identity_card", (9, 9), &[at(3, &[7, 3, 1, 7, 3, 1, 7, 3], REST_10)]),
    scheme(
        "cz_sk_birth",
        (10, 10),
        &[moved(0, Form::Ymd, &[0, 20, 50, 70], &[0]), Total(&[-1, 1, -1, 1, -1, 1, -1, 1, -1, 1], 11, 0)],
    ),
    scheme("hu_tax", (10, 10), &[Begins(&["8"]), at(9, &[1, 2, 3, 4, 5, 6, 7, 8, 9], REST)]),
    scheme("hu_health", (9, 9), &[Varied, at(8, &[3, 7, 3, 7, 3, 7, 3, 7], REST_10)]),
    scheme(
        "ro_cnp",
        (13, 13),
        &[
            BeginsNot(&["0"]),
            date(1, Form::Ymd),
            at(12, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9], b"01234567891"),
        ],
    ),
    scheme(
        "bg_egn",
        (10, 10),
        &[moved(0, Form::Ymd, &[0, 20, 40], &[0]), at(9, &[2, 4, 8, 5, 10, 9, 7, 3, 6], REST_OR_ZERO)],
    ),
    scheme(
        "jmbg",
        (13, 13),
        &[date(0, Form::DmYyy), at(12, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO)],
    ),
    scheme("hr_oib", (11, 11), &[Varied, Iso7064]),
    scheme("si_tax", (8, 8), &[Varied, BeginsNot(&["0"]), at(7, &[8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO)]),
    scheme("ua_tax", (10, 10), &[Varied, at(9, &[-1, 5, 7, 9, 4, 6, 10, 5, 7], REST_OR_ZERO)]),
    scheme(
        "ru_inn",
        (12, 12),
        &[
            Varied,
            at(10, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8], REST_OR_ZERO),
            at(11, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8], REST_OR_ZERO),
        ],
    ),
    scheme("ru_snils", (11, 11), &[Varied, Own(own::snils)]),
    scheme(
        "kz_iin",
        (12, 12),
        &[
            date(0, Form::Ymd),
            Either(&[
                at(11, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], REST),
                at(11, &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2], REST),
            ]),
        ],
    ),
    // Europe, value added tax.
    scheme("eu_vat", (7, 16), &[Own(vat::holds)]),
    scheme("no_vat", (9, 14), &[Own(vat::norway)]),
    // Asia.
    scheme(
        "cn_resident",
        (18, 18),
        &[
            date(6, Form::YyyyMd),
            at(17, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], b"10X98765432"),
        ],
    ),
    scheme("hk_identity", (8, 9), &[Own(own::hkid)]),
    scheme("tw_identity", (10, 10), &[Varied, Own(own::taiwan)]),
    scheme("jp_my_number", (12, 12), &[Varied, at(11, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO)]),
    scheme(
        "kr_resident",
        (13, 13),
        &[date(0, Form::Ymd), at(12, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], MISSING_LAST)],
    ),
    scheme("kr_resident_dated", (13, 13), &[date(0, Form::Ymd)]),
    scheme("sg_nric", (9, 9), &[Own(own::nric)]),
    scheme(
        "my_nric",
        (12, 12),
        &[
            date(0, Form::Ymd),
            Built(|number| {
                !matches!(
                    number.get(6..8),
                    Some(
                        b"00"
                            | b"17"
                            | b"18"
                            | b"19"
                            | b"20"
                            | b"69"
                            | b"70"
                            | b"73"
                            | b"80"
                            | b"81"
                            | b"94"
                            | b"95"
                            | b"96"
                            | b"97"
                    )
                )
            }),
        ],
    ),
    scheme(
        "th_identity",
        (13, 13),
        &[BeginsNot(&["0", "9"]), at(12, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2], MISSING_LAST)],
    ),
    scheme("id_nik", (16, 16), &[moved(6, Form::Dmy, &[0], &[0, 40])]),
    scheme("in_aadhaar", (12, 12), &[BeginsNot(&["0", "1"]), Varied, Verhoeff]),
    scheme("in_gstin", (15, 15), &[Own(own::gstin)]),
    scheme("il_identity", (9, 9), &[Varied, Luhn]),
    scheme("ae_identity", (15, 15), &[Begins(&["7841", "7842"]), Luhn]),
    scheme("sa_identity", (10, 10), &[Begins(&["1", "2"]), Varied, Luhn]),
    scheme("ir_identity", (10, 10), &[Varied, at(9, &[10, 9, 8, 7, 6, 5, 4, 3, 2], b"01987654321")]),
    // Africa and Oceania.
    scheme(
        "za_identity",
        (13, 13),
        &[date(0, Form::Ymd), Built(|number| matches!(number.get(10), Some(b'0'..=b'2'))), Luhn],
    ),
    scheme("eg_identity", (14, 14), &[Begins(&["2", "3"]), date(1, Form::Ymd)]),
    scheme("au_tfn", (9, 9), &[Varied, Total(&[1, 4, 3, 7, 5, 8, 6, 9, 10], 11, 0)]),
    scheme(
        "au_abn",
        (11, 11),
        &[Varied, BeginsNot(&["0"]), Total(&[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19], 89, -10)],
    ),
    scheme(
        "au_medicare",
        (10, 11),
        &[Begins(&["2", "3", "4", "5", "6"]), at(8, &[1, 3, 7, 9, 1, 3, 7, 9], REST_10)],
    ),
    scheme("nz_ird", (8, 9), &[Varied, Own(own::ird)]),
    // Devices and vehicles.
    scheme("imei", (15, 15), &[Varied, BeginsNot(&["00"]), Luhn]),
    scheme(
        "iccid",
        (18, 20),
        &[
            Begins(&["89"]),
            Either(&[
                Luhn,
                Built(|number| Luhn.holds(number.get(..number.len().saturating_sub(1)).unwrap_or_default())),
            ]),
        ],
    ),
    scheme("vin", (17, 17), &[Varied, Own(own::vin)]),
];
