//! Round trips: nothing is lost between protobuf, messages and JSON.
#![allow(clippy::unwrap_used)]

use crate::otlp::{Payload, samples};
use crate::signal::Signal;
use proptest::{collection::vec, prelude::*};

fn json(payload: &Payload) -> String {
    let mut out = Vec::new();
    payload.write_json(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_full_request_is_written_as_it_was_read() {
    for signal in Signal::ALL {
        let payload = Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap();
        assert_eq!(json(&payload), samples::full(signal));
        let protobuf = payload.to_protobuf();
        assert_eq!(protobuf.len(), payload.protobuf_len());
        assert_eq!(json(&Payload::from_protobuf(signal, &protobuf).unwrap()), samples::full(signal));
    }
}

#[test]
fn two_requests_one_after_the_other_are_one() {
    for signal in Signal::ALL {
        let one = Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap();
        let two = Payload::from_protobuf(signal, &one.to_protobuf().repeat(2)).unwrap();
        assert_eq!(two.records(), 2 * one.records());
    }
}

#[test]
fn what_is_written_stands_on_one_line() {
    let log = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"a\nb\u2028c\u0001"}]}]}]}"#;
    let out = json(&Payload::from_json(Signal::Logs, log.as_bytes()).unwrap());
    assert!(out.contains(r#""a\nb"#) && out.contains("\\u0001") && !out.contains('\n'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn protobuf_to_json_and_back_is_the_same(bytes in vec(any::<u8>(), 0..600)) {
        for signal in Signal::ALL {
            let payload = samples::random(signal, &bytes);
            let text = json(&payload);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            let back = Payload::from_json(signal, text.as_bytes()).unwrap();
            prop_assert_eq!(back.to_protobuf(), payload.to_protobuf());
            prop_assert_eq!(json(&back), text);
        }
    }

    #[test]
    fn protobuf_to_messages_and_back_is_the_same(bytes in vec(any::<u8>(), 0..600)) {
        for signal in Signal::ALL {
            let sent = samples::random(signal, &bytes).to_protobuf();
            let payload = Payload::from_protobuf(signal, &sent).unwrap();
            prop_assert_eq!(payload.protobuf_len(), sent.len());
            prop_assert_eq!(payload.to_protobuf(), sent);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        at in any::<prop::sample::Index>(), with in vec(any::<u8>(), 0..6), cut in any::<bool>(),
    ) {
        for signal in Signal::ALL {
            let full = samples::full(signal);
            let protobuf = Payload::from_json(signal, full.as_bytes()).unwrap().to_protobuf();
            for mut body in [full.as_bytes().to_vec(), protobuf] {
                let at = at.index(body.len());
                let until = if cut { body.len() } else { (at + with.len()).min(body.len()) };
                body.splice(at..until, with.iter().copied());
                let _ = Payload::from_json(signal, &body);
                let _ = Payload::from_protobuf(signal, &body);
            }
        }
    }
}
