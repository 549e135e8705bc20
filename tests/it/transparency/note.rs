//! Signed notes and verifier keys: what is one, what is not, and what a signature by a known key means.

use super::{Party, second, signed};
use vouchsafe::transparency::{Checkpoint, Hash, MAX_NOTE, Note, NoteKey, Scheme, Signature, Signed, is_key_name};

const LINE: &str = "\u{2014} n AAAAAQI=\n";

fn parse(text: &str) -> Option<Note> {
    Note::parse(text.as_bytes()).ok()
}

#[test]
fn the_last_empty_line_separates_text_and_signatures() {
    for (text, expected) in [
        ("a\n", "a\n"),
        ("a\n\n", "a\n\n"),
        ("\n", "\n"),
        ("a\n\n\u{2014} n AAAAAQI=\n", "a\n\n\u{2014} n AAAAAQI=\n"),
        ("a\u{7f}\u{85}\u{2028}\n", "a\u{7f}\u{85}\u{2028}\n"),
    ] {
        let note = parse(&format!("{text}\n{LINE}")).unwrap();
        assert_eq!((note.text(), note.signatures().len()), (expected, 1));
        assert_eq!(note.to_string(), format!("{text}\n{LINE}"));
    }
    for wrong in [
        "",
        "\n",
        "\n\n",
        "a",
        "a\n",
        "a\n\n",
        "a\n\n\n",
        &format!("a\n{LINE}"),
        &format!("\n{LINE}"),
        LINE,
        &format!("a\n\n{LINE}\n"),
        &format!("a\n\n{}", LINE.trim_end()),
        &format!("a\n\n{LINE}b\n"),
        &format!("a\t\n\n{LINE}"),
        &format!("a\r\n\r\n{LINE}"),
        &format!("a\u{0}\n\n{LINE}"),
        &format!("a\u{1b}\n\n{LINE}"),
        "a\n\n\u{2014} n AAAAAA==\n",
        "a\n\n\u{2014} n AAAA\n",
        "a\n\n\u{2014} n  AAAAAQI=\n",
        "a\n\n\u{2014}  AAAAAQI=\n",
        "a\n\n- n AAAAAQI=\n",
        "a\n\n\u{2014} n AAAAAQI\n",
        "a\n\n\u{2014} n AAAAAQJ=\n",
        "a\n\n\u{2014} n AAAAAQI= \n",
        "a\n\n\u{2014} n+m AAAAAQI=\n",
        "a\n\n\u{2014} n\u{a0}m AAAAAQI=\n",
        "a\n\n\u{2014} n\u{85}m AAAAAQI=\n",
    ] {
        assert_eq!(parse(wrong), None, "{wrong:?}");
    }
    assert!(Note::parse(b"a\xff\n\n\xe2\x80\x94 n AAAAAQI=\n").is_err(), "not UTF-8");
    assert!(Note::unsigned("a".into()).is_err() && Note::unsigned("a\t\n".into()).is_err());
}

#[test]
fn sixteen_and_more_signatures_are_read_and_not_any_number() {
    let many = |n: usize| parse(&format!("a\n\n{}", LINE.repeat(n))).map(|note| note.signatures().len());
    assert_eq!([1, 16, 64].map(many), [Some(1), Some(16), Some(64)]);
    assert_eq!(many(65), None);
    assert_eq!(parse(&format!("{}\n\n{LINE}", "a".repeat(MAX_NOTE))), None);
    // Sixty-four post-quantum signatures fit: an id, a time, 2,420 bytes each.
    let line = Signature { name: "witness.example/w1".into(), id: 1, bytes: vec![7; 2428] };
    let lines = format!("{line}\n").repeat(64);
    assert_eq!(parse(&format!("a\n\n{lines}")).unwrap().signatures().len(), 64);
}

#[test]
fn key_names_are_what_the_specification_says() {
    for good in ["a", "example.org/log", "\u{e9}", "a\u{7f}", "\u{200b}", "sum=", "\u{2014}"] {
        assert!(is_key_name(good), "{good:?}");
    }
    let spaces =
        [' ', '\u{85}', '\u{a0}', '\u{1680}', '\u{2003}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}'];
    let others = ['+', '\n', '\t', '\u{b}', '\u{0}', '\u{1b}'];
    assert!(!is_key_name(""));
    for bad in spaces.iter().chain(&others) {
        assert!(!is_key_name(&format!("a{bad}b")), "{bad:?}");
        assert!(NoteKey::new(&format!("{bad}"), Party::log("a", 1).public.scheme().clone()).is_err());
    }
}

#[test]
fn a_mangled_verifier_key_is_none() {
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(NoteKey::parse(vkey).unwrap().to_string(), vkey);
    for start in 0..vkey.len() {
        for end in start..=vkey.len() {
            assert!((start, end) == (0, vkey.len()) || NoteKey::parse(&vkey[start..end]).is_err());
        }
    }
    for at in 0..vkey.len() {
        let mut bytes = vkey.as_bytes().to_vec();
        bytes[at] += 1;
        assert!(NoteKey::parse(&String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
    }
    for wrong in [
        // The wrong length, and an unknown type; both with the key id that belongs to it.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        &vkey.replace("c74f20a3", "C74F20A3"),
        &vkey.replace("c74f20a3", "0c74f20a3"),
        &vkey.replace("c74f20a3", "+74f20a3"),
        &format!("{vkey}="),
        &format!(" {vkey}"),
    ] {
        assert!(NoteKey::parse(wrong).is_err(), "{wrong}");
    }
    // Anybody can sign for a weak key.
    let weak = vouchsafe::encoding::base64::encode(&[&[1_u8][..], &[1], &[0; 31]].concat());
    assert!(NoteKey::parse(&format!("a+00000000+{weak}")).unwrap_err().to_string().contains("weak"));
}

#[test]
fn one_key_has_another_id_for_each_use_of_it() {
    let (log, witness) = (Party::log("a", 5), Party::witness("a", 5));
    assert_eq!(log.public.public_bytes(), witness.public.public_bytes());
    assert_ne!(log.public.id(), witness.public.id());
    let mut note = signed(&log, &Checkpoint::new("a", 0, Hash::of_nothing()));
    assert_eq!((log.public.signed(&note), witness.public.signed(&note)), (Signed::Good(None), Signed::Not));
    // The log's signature, passed off as a cosignature, is none.
    let bytes = note.signatures()[0].bytes.clone();
    note.add(witness.public.line([&9_u64.to_be_bytes()[..], &bytes].concat()));
    assert_eq!(witness.public.signed(&note), Signed::Bad);
}

#[test]
fn unknown_signatures_are_ignored_and_bad_ones_of_known_keys_are_not() {
    let (log, witness) = (Party::log("a", 1), Party::witness("w", 2));
    let mut note = signed(&log, &Checkpoint::new("a", 0, Hash::of_nothing()));
    // The same name with another id, and the same id with another name, are other keys.
    note.add(Signature { name: "a".into(), id: log.public.id() ^ 1, bytes: vec![0; 64] });
    note.add(Signature { name: "b".into(), id: log.public.id(), bytes: vec![0; 64] });
    assert_eq!(log.public.signed(&note), Signed::Good(None));
    assert_eq!(witness.public.signed(&note), Signed::Not);
    witness.cosign(&mut note, second(2_000));
    witness.cosign(&mut note, second(1_000));
    assert_eq!(witness.public.signed(&note), Signed::Good(Some(second(1_000))), "the earliest of its own");
    let twice = note.signatures().len();
    witness.cosign(&mut note, second(1_000));
    assert_eq!(note.signatures().len(), twice, "a signature stands there once");
    for bytes in [vec![0; 64], vec![0; 72], vec![0; 8], vec![0; 1]] {
        let mut worse = note.clone();
        worse.add(witness.public.line(bytes));
        assert_eq!(witness.public.signed(&worse), Signed::Bad, "one good line does not make up for a bad one");
    }
}

#[test]
fn a_cosignature_binds_its_time() {
    let witness = Party::witness("w", 2);
    let mut note = Note::unsigned(Checkpoint::new("a", 0, Hash::of_nothing()).to_text()).unwrap();
    witness.cosign(&mut note, second(1_679_315_147));
    assert_eq!(witness.public.signed(&note), Signed::Good(Some(second(1_679_315_147))));
    let line = &note.signatures()[0];
    assert_eq!(line.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    for bit in 0..line.bytes.len() * 8 {
        let mut bytes = line.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut changed = note.only(|_| false);
        changed.add(witness.public.line(bytes));
        assert_eq!(witness.public.signed(&changed), Signed::Bad, "bit {bit}");
    }
}

#[test]
fn a_cosignature_without_a_time_is_good_and_states_none() {
    let key = crate::world::key(2);
    let public = NoteKey::new("w", Scheme::Cosignature(key.0.public().clone())).unwrap();
    let text = Checkpoint::new("a", 0, Hash::of_nothing()).to_text();
    // No time; the end of what a timestamp holds; past it; the last there may be; one more than that.
    let (year_9999, last) = (253_402_207_200_u64, i64::MAX.unsigned_abs());
    for (seconds, expected) in [
        (0, Signed::Good(None)),
        (1, Signed::Good(Some(second(1)))),
        (year_9999, Signed::Good(Some(second(253_402_207_200)))),
        (year_9999 + 1, Signed::Good(None)),
        (last, Signed::Good(None)),
        (last + 1, Signed::Bad),
        (u64::MAX, Signed::Bad),
    ] {
        let signature = key.0.sign(format!("cosignature/v1\ntime {seconds}\n{text}").as_bytes());
        let mut note = Note::unsigned(text.clone()).unwrap();
        note.add(public.line([&seconds.to_be_bytes()[..], &signature].concat()));
        assert_eq!(public.signed(&note), expected, "{seconds}");
    }
}
