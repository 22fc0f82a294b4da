//! Numbers of every kind: published examples and specimens, and made-up ones. A kind that has a sum turns
//! down each of them with another digit.

use super::super::testing::check;
use super::*;

const NUMBERS: &[(&str, &[&str])] = &[
    ("us_itin", &["900-70-0000", "999881234"]),
    ("us_ein", &["12-3456789"]),
    ("us_routing", &["011000015", "123103729"]),
    ("us_npi", &["1234567893"]),
    ("us_dea", &["AB1234563"]),
    ("ca_sin", &["046 454 286", "130692544"]),
    ("mx_curp", &["HEGG560427MVZRRL04"]),
    ("mx_rfc", &["GODE561231GR8"]),
    ("br_cpf", &["111.444.777-35", "123.456.789-09"]),
    ("br_cnpj", &["11.222.333/0001-81", "12.ABC.345/01DE-35"]),
    ("br_pis", &["123.45678.90-0"]),
    ("ar_cuit", &["20-12345678-6", "30-50001091-2"]),
    ("cl_rut", &["12.345.678-5", "30.686.957-4", "7.654.321-6"]),
    ("co_nit", &["800.197.268-4"]),
    ("ec_cedula", &["1710034065"]),
    ("pe_ruc", &["20100070970"]),
    ("uy_ci", &["1.234.567-2"]),
    ("do_cedula", &["001-1234567-3"]),
    ("ve_rif", &["J-07013380-5"]),
    ("gb_nhs", &["943 476 5919", "9434765870"]),
    ("gb_nino", &["QQ 12 34 56 C"]),
    ("gb_utr", &["1955839661"]),
    ("ie_pps", &["1234567T", "1234567FA"]),
    ("fr_nir", &["2 55 08 14 168 025 38", "185052A00408495"]),
    ("fr_siren", &["732829320", "73282932000074"]),
    ("de_tax_id", &["86095742719", "47036892816", "65929970489"]),
    ("de_health", &["A123456780"]),
    ("de_pension", &["15 070649 C 103"]),
    ("de_identity_card", &["T220001293"]),
    ("nl_bsn", &["111222333", "123456782"]),
    ("be_national", &["85.07.30-033.28", "00.01.01-001.05"]),
    ("lu_national", &["1980031212352"]),
    ("at_social", &["1237 010180"]),
    ("ch_ahv", &["756.9217.0769.85", "7561234567897"]),
    ("es_dni", &["12345678Z", "54362315K"]),
    ("es_social", &["281234567840", "28 01234567 42"]),
    ("es_nie", &["X1234567L", "Z1234567R"]),
    ("pt_nif", &["501964843"]),
    ("it_fiscal_code", &["RSSMRA85T10A562S"]),
    ("it_vat", &["00743110157"]),
    ("gr_afm", &["094259216"]),
    ("gr_amka", &["01013099997"]),
    ("tr_identity", &["10000000146"]),
    ("se_personal", &["811218-9876", "19811218-9876", "701063-2391"]),
    ("no_birth", &["151086 95088"]),
    ("dk_cpr", &["211062-5629"]),
    ("fi_hetu", &["131052-308T", "131052A308T"]),
    ("is_kennitala", &["120174-3399"]),
    ("ee_lt_personal", &["37605030299", "33309240064"]),
    ("lv_personal", &["161175-19997", "010180-10000"]),
    ("pl_pesel", &["44051401359"]),
    ("pl_nip", &["856-734-62-15"]),
    ("pl_regon", &["192598184"]),
    ("pl_identity_card", &["ABA 300000"]),
    ("cz_sk_birth", &["710319/2745"]),
    ("hu_tax", &["8071592153"]),
    ("hu_health", &["123 456 788"]),
    ("ro_cnp", &["1630615123457"]),
    ("bg_egn", &["7523169263"]),
    ("jmbg", &["0101006500006", "0101980500030"]),
    ("hr_oib", &["33392005961"]),
    ("si_tax", &["15012557"]),
    ("ua_tax", &["1759013776"]),
    ("ru_inn", &["500100732259"]),
    ("ru_snils", &["112-233-445 95"]),
    (
        "eu_vat",
        &[
            "ATU13585627",
            "BE0428759497",
            "BG175074752",
            "BG7523169263",
            "CY10259033P",
            "CZ25123891",
            "CZ640903926",
            "CZ7103192745",
            "DE136695976",
            "DK13585628",
            "EE100931558",
            "EL094259216",
            "ES54362315K",
            "ESX2482300W",
            "ESB58378431",
            "FI20774740",
            "FR40303265045",
            "GB980780684",
            "GB434031494",
            "HR33392005961",
            "HU12892312",
            "IE6433435F",
            "IE6433435OA",
            "IE8D79739I",
            "IT00743110157",
            "LT119511515",
            "LT100001919017",
            "LU15027442",
            "LV40003521600",
            "LV16117519997",
            "MT11679112",
            "NL4495445B01",
            "NL004495445B01",
            "NL123456789B13",
            "PL8567346215",
            "PT501964843",
            "RO18547290",
            "SE123456789701",
            "SI50223054",
            "SK2022749619",
            "CHE-100.155.212",
            "CHE-107.787.577 IVA",
            "NO995525828MVA",
        ],
    ),
    ("no_vat", &["NO 995 525 828 MVA", "995525828"]),
    ("cn_resident", &["11010519491231002X"]),
    ("hk_identity", &["G123456(A)"]),
    ("tw_identity", &["A123456789"]),
    ("jp_my_number", &["123456789018"]),
    ("sg_nric", &["S1234567D", "T0123456G", "F1234567N"]),
    ("my_nric", &["770305-02-1234"]),
    ("th_identity", &["1123456789120"]),
    ("id_nik", &["3171014501900001"]),
    ("in_aadhaar", &["2341 2341 2346"]),
    ("in_gstin", &["27AAPFU0939F1ZV"]),
    ("il_identity", &["039337423"]),
    ("ir_identity", &["0499370899"]),
    ("za_identity", &["8001015009087"]),
    ("eg_identity", &["29001011234567"]),
    ("au_tfn", &["123 456 782", "876543210"]),
    ("au_abn", &["51 824 753 556"]),
    ("au_medicare", &["2123 45670 1"]),
    ("nz_ird", &["49-091-850", "136410132"]),
    ("imei", &["490154203237518"]),
    ("vin", &["1M8GDM9AXKP042788"]),
];

fn kind(name: &str) -> Option<Kind> {
    Kind::all().find(|kind| kind.name() == name)
}

#[test]
fn numbers_that_were_published_fit() {
    let mut wrong = Vec::new();
    for (name, numbers) in NUMBERS {
        let Some(kind) = kind(name) else {
            wrong.push(format!("no kind {name}"));
            continue;
        };
        for number in *numbers {
            let range = 0..number.len();
            if kind.judge(Match::new(number.as_bytes(), &range)) == Verdict::Reject {
                wrong.push(format!("{name} {number}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_wrong_digit_is_turned_down_by_a_sum() {
    for (name, numbers) in NUMBERS {
        let Some(kind) = kind(name) else { continue };
        for number in *numbers {
            let range = 0..number.len();
            if kind.judge(Match::new(number.as_bytes(), &range)) != Verdict::Certain {
                continue;
            }
            let others = "0123456789".chars().map(|last| {
                let digits = number.char_indices().rev().filter(|(_, c)| c.is_ascii_digit());
                let at = digits.map(|(at, _)| at).nth(2).unwrap_or_default();
                let (head, tail) = number.split_at(at);
                format!("{head}{last}{}", tail.chars().skip(1).collect::<String>())
            });
            let fits = |other: &String| kind.judge(Match::new(other.as_bytes(), &range)) != Verdict::Reject;
            let count = others.filter(fits).count();
            assert!((1..=3).contains(&count), "{name} {number}: {count} of ten fit");
        }
    }
}

#[test]
fn a_piece_of_a_longer_number_is_none() {
    let Some(kind) = kind("pl_pesel") else { return };
    check(
        |matched| Kind::all().find(|k| k.name() == "pl_pesel").map_or(Verdict::Keep, |k| k.judge(matched)),
        "PESEL \u{ab}44051401359\u{bb}, so",
        Verdict::Certain,
    );
    let text = b"44051401359.5";
    assert_eq!(kind.judge(Match::new(text, &(0..11))), Verdict::Reject);
    assert_eq!(kind.judge(Match::new(b"440514013590", &(0..11))), Verdict::Reject);
}
