#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

/// Made by minisign 0.11 for this test, and used nowhere else.
const PUBLIC: &str = "RWSvrHAHaZsdi7XUE/MnU9HEAgGSDQ0Q8lWAvgzqDiK8ONZFcT5C0SIk";
const SECRET: &str = "untrusted comment: minisign encrypted secret key\n\
    RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAr6xwB2mbHYu0KuqGNHnFBovIlvglhq1O\
    aB8Cxe91EeX/h1Ktgv58YrXUE/MnU9HEAgGSDQ0Q8lWAvgzqDiK8ONZFcT5C0SIkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const PROTECTED: &str = "untrusted comment: minisign encrypted secret key\n\
    RWRTY0IynqJ53q1wG2Z7EGArhjnPgp6PKazIDLm9daIYnoGnSiIAAAACAAAAAAAAAEAAAAAAa5e36Mfz3GUitBaQl0U9z5k5AI1UzY8l8ZuT\
    Xm76bSXjoKTzIRmyf8UIpYm8IryAfgsM1QLaTCTUpJvq4o4PXzjAGOyhPXmUf8HiUS3Oeg4eJ0CpyTZmbF/w96vN6UB1/eO2V78mSxM=\n";
const TEXT: &[u8] = b"signed by minisign itself\n";
const SIGNED: &str = "untrusted comment: signature from minisign secret key\n\
    RUSvrHAHaZsdi7NKohC9lGj9yH9ORfpv7nT85r1yEpjMIiUq5+4f7waHNB1ATaRtcR/RkJEMIA0uez6hJmS10nP7Oh0hABr/Tgw=\n\
    trusted comment: a comment that is trusted\n\
    z2g/mAa7AgZnsjm/xTQVQSFmrAnWQURo3oC22Vja7qgsE+r6ucivDjrtlnPz+COUJ3wn8l+DIxV85xUnORLTBA==\n";
const OLDER: &str = "untrusted comment: signature from minisign secret key\n\
    RWSvrHAHaZsdiyx1aQRM0TLwY91pB8OaZrJC54CllimK0kDu0L8VKZ5K3bdNqUrBW9fm4fxfdPm+M1jnIyeLCenxMpgUNrdwNQo=\n\
    trusted comment: old\n\
    OZPt3AgTIuoVklMXgfRHBxcSnpOs6pmjey6geNz9vPJTDFVnRbcWjiLFLXqFDJulOFaoNLPJ/CpH7W6K7JcKAw==\n";

fn key(byte: u8) -> SecretKey {
    SecretKey::new(&[byte; NEW_KEY_BYTES]).unwrap()
}

#[test]
fn what_minisign_made_is_taken() {
    let public = PublicKey::parse(PUBLIC).unwrap();
    assert_eq!(PublicKey::parse(&public.to_file()).unwrap(), public);
    assert_eq!(public.to_string(), PUBLIC);
    assert!(public.to_file().contains(" 8B1D9B690770ACAF\n"), "as minisign shows its number");
    assert_eq!(verify(TEXT, SIGNED, std::slice::from_ref(&public)), Ok(()));
    let secret = SecretKey::parse(SECRET).unwrap();
    assert_eq!(secret.public().unwrap(), public);
    // Ed25519 has one signature of a key and a text: ours is theirs.
    let ours = secret.sign(TEXT, "a comment that is trusted");
    assert_eq!(ours.split_once('\n').unwrap().1, SIGNED.split_once('\n').unwrap().1);
}

#[test]
fn a_key_is_written_as_it_is_read() {
    let secret = key(7);
    let again = SecretKey::parse(&secret.to_file()).unwrap();
    assert_eq!(again.public().unwrap(), secret.public().unwrap());
    assert_eq!(*again.to_file(), *secret.to_file());
    assert_eq!(SecretKey::parse(PROTECTED).err(), Some(KeyError::Password));
    let damaged = secret.to_file().replacen("BwcH", "BwgH", 1);
    for wrong in ["", "x", PUBLIC, SIGNED, &damaged, &SECRET[..SECRET.len() - 5]] {
        assert_eq!(SecretKey::parse(wrong).err(), Some(KeyError::Malformed), "{wrong}");
    }
    for wrong in ["", "x", SECRET, SIGNED, &PUBLIC[..52], &PUBLIC.replacen("RW", "RU", 1)] {
        assert_eq!(PublicKey::parse(wrong).err(), Some(KeyError::Malformed), "{wrong}");
    }
}

#[test]
fn a_signature_holds_for_its_text_its_comment_and_its_key() {
    let (ours, other) = (key(1), key(2));
    let trusted = [ours.public().unwrap()];
    let good = ours.sign(TEXT, "7");
    assert_eq!(verify(TEXT, &good, &trusted), Ok(()));
    assert_eq!(verify(TEXT, &good.replace("signature of", "made by"), &trusted), Ok(()), "not signed");
    let stranger = SignatureError::Stranger("202020202020202".to_owned());
    // A key that bears the number of ours.
    let mut same_number = [2; NEW_KEY_BYTES];
    same_number[..8].fill(1);
    let impostor = SecretKey::new(&same_number).unwrap();
    for (what, text, file, wrong) in [
        ("another text", &b"another"[..], good.clone(), SignatureError::Wrong),
        ("another comment", TEXT, good.replace("comment: 7", "comment: 8"), SignatureError::Wrong),
        ("another key", TEXT, other.sign(TEXT, "7"), stranger),
        ("another key of that number", TEXT, impostor.sign(TEXT, "7"), SignatureError::Wrong),
        ("the older form", TEXT, OLDER.to_owned(), SignatureError::Older),
        ("nothing", TEXT, String::new(), SignatureError::Malformed),
        (
            "a line less",
            TEXT,
            good.trim_end().rsplit_once('\n').unwrap().0.to_owned(),
            SignatureError::Malformed,
        ),
        ("a line more", TEXT, good.clone() + "x\n", SignatureError::Malformed),
    ] {
        assert_eq!(verify(text, &file, &trusted), Err(wrong), "{what}");
    }
    assert!(matches!(verify(TEXT, &good, &[]), Err(SignatureError::Stranger(_))));
}

const FILES: [(&str, &[u8]); 2] = [("a.toml", b"one"), ("secrets/b.toml", b"two")];

fn manifest() -> Manifest {
    Manifest::new("acme", 7, FILES).unwrap()
}

#[test]
fn a_manifest_is_read_as_it_is_written_and_no_other_way() {
    let text = manifest().to_text();
    // The same as `printf one | sha256sum`.
    let line = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a.toml\n";
    assert!(text.starts_with("blackbar rule pack 1\nname acme\nversion 7\n7692"), "{text}");
    assert!(text.contains(line), "{text}");
    assert_eq!(Manifest::parse(&text), Ok(manifest()));
    for (what, wrong) in [
        ("nothing", String::new()),
        ("another format", text.replace("pack 1", "pack 2")),
        ("no name", text.replace("name acme\n", "")),
        ("a name with a space", text.replace("acme", "ac me")),
        ("no version", text.replace("version 7", "version x")),
        ("a version with a plus", text.replace("version 7", "version +7")),
        ("a version below zero", text.replace("version 7", "version -7")),
        ("a file twice", text.clone() + line),
        ("files out of order", text.replace(line, "") + line),
        ("a sum that is cut", text.replace("7692", "92")),
        ("a sum in capitals", text.replace("7692c3ad", "7692C3AD")),
        ("no newline at its end", text.trim_end().to_owned()),
        ("other newlines", text.replace('\n', "\r\n")),
        ("a path upwards", text.replace("a.toml", "../a.toml")),
        ("a path from the root", text.replace("a.toml", "/a.toml")),
        ("a hidden path", text.replace("a.toml", ".a.toml")),
    ] {
        assert!(Manifest::parse(&wrong).is_err(), "{what}:\n{wrong}");
    }
    for path in ["", "a//b", "../a", "a\nb", "a\\b", ".a"] {
        assert!(Manifest::new("acme", 1, [(path, &b""[..])]).is_err(), "{path:?}");
    }
}

#[test]
fn whatever_differs_from_what_was_signed_is_told() {
    let differences = |files: &[(&'static str, &'static [u8])]| manifest().differences(files.iter().copied());
    assert_eq!(differences(&FILES), Vec::<String>::new());
    let changed = [("a.toml", &b"0ne"[..]), ("c.toml", b"two")];
    assert_eq!(
        differences(&changed),
        [
            "a.toml was changed after it was signed",
            "c.toml is not in the manifest",
            "secrets/b.toml is missing"
        ]
    );
    assert_eq!(differences(&[FILES[0], FILES[0], FILES[1]]), ["a.toml is not in the manifest"], "twice");
}
