//! Log policies: what is one, and when its quorum is met.

use super::{Party, second};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vouchsafe::transparency::{LogPolicy, Met};

fn keys() -> (Party, Vec<Party>) {
    (Party::log("example.org/log", 100), (0..6).map(|n| Party::witness(&format!("w{n}.example"), 101 + n)).collect())
}

/// LOG and W0 to W5 stand for keys.
fn filled(text: &str) -> Vec<u8> {
    let (log, witnesses) = keys();
    let mut text = text.replace("LOG", &log.vkey());
    for (n, witness) in witnesses.iter().enumerate() {
        text = text.replace(&format!("W{n}"), &witness.vkey());
    }
    text.into_bytes()
}

fn read(text: &str) -> Result<LogPolicy, String> {
    LogPolicy::parse(&filled(text)).map_err(|e| e.to_string())
}

#[test]
fn the_example_of_the_specification() {
    let policy = read(
        "log LOG\n\nwitness X1 W0\nwitness X2 W1\nwitness X3 W2\ngroup X-witnesses 2 X1 X2 X3\n\nwitness Y1 W3\nwitness Y2 W4\n\
         witness Y3 W5 https://y3.example/\ngroup Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
    )
    .unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.quorum()), (1, 6, "X-and-Y"));
    assert_eq!(policy.witnesses()[5].url.as_deref(), Some("https://y3.example/"));
    let met = |names: &[(&'static str, i64)]| policy.met(&names.iter().map(|(n, t)| (*n, second(*t))).collect());
    assert_eq!(met(&[("X1", 10), ("X3", 30), ("Y2", 20)]), Met::Since(second(30)));
    assert_eq!(met(&[("X1", 10), ("X2", 15), ("X3", 30), ("Y2", 20), ("Y1", 99)]), Met::Since(second(20)));
    assert_eq!(met(&[("X1", 10), ("X2", 10), ("X3", 10)]), Met::No);
    assert_eq!(met(&[("X1", 10), ("Y1", 10), ("Y2", 10), ("Y3", 10)]), Met::No);
    assert_eq!(policy.demand(), "2 of X-and-Y (2 of X-witnesses (X1, X2, X3), 1 of Y-witnesses (Y1, Y2, Y3))");
}

#[test]
fn white_space_comments_and_foreign_octets() {
    let same =
        read(" \t log\tLOG  https://log.example/ \n\t# a comment: \u{85}\u{a0}\n\nwitness a W0\nquorum a\n").unwrap();
    assert_eq!((same.logs()[0].url.as_deref(), same.quorum()), (Some("https://log.example/"), "a"));
    // Names are octets: a Kelvin sign is no K, an accent may be composed or not, and nothing has to be UTF-8.
    let names = read(
        "witness K W0\nwitness \u{212a} W1\nwitness \u{e9} W2\nwitness e\u{301} W3\ngroup g all K \u{212a} \u{e9} e\u{301}\nquorum g\n",
    );
    assert_eq!(names.unwrap().demand().matches(',').count(), 3);
    let octets = |quorum: &[u8]| {
        let text = [&filled("witness \u{e9} W0\nwitness ~ W1\nquorum "), quorum, b"\n# \xff\n"].concat();
        let at = text.iter().position(|b| *b == b'~').unwrap();
        LogPolicy::parse(&[&text[..at], b"\xe9", &text[at + 1..]].concat())
    };
    assert!(octets(b"\xc3\xa9").is_ok() && octets(b"\xe9").is_ok(), "one octet, and the two of UTF-8");
    assert_ne!(octets(b"\xc3\xa9").unwrap().quorum(), octets(b"\xe9").unwrap().quorum());
    assert!(octets(b"\xe8").is_err(), "not defined");
    // No white space but spaces and tabs.
    assert!(read("witness a\u{a0}b W0\nquorum a\u{a0}b\n").is_ok());
    for control in ["\r", "\u{b}", "\u{c}", "\u{0}", "\u{1b}", "\u{7f}"] {
        assert!(read(&format!("quorum none{control}\n")).is_err(), "{control:?}");
        assert!(read(&format!("#{control}\nquorum none\n")).is_err(), "{control:?} in a comment");
    }
}

#[test]
fn what_is_no_policy() {
    let nothing = read("quorum none\n").unwrap();
    assert_eq!((nothing.asks_for_witnesses(), nothing.met(&BTreeMap::new())), (false, Met::NothingAsked));
    let two = "witness a W0\nwitness b W1\n";
    for (wrong, why) in [
        ("", "newline"),
        ("quorum none", "newline"),
        ("log LOG\n", "no quorum"),
        ("quorum none\nquorum none\n", "second quorum"),
        ("quorum a\nwitness a W0\n", "not defined above"),
        ("quorum none # really\n", "no line of"),
        ("quorum\n", "no line of"),
        ("Quorum none\n", "no line of"),
        ("log LOG\nlog LOG\nquorum none\n", "twice"),
        ("log W0\nquorum none\n", "log is meant"),
        ("witness a LOG\nquorum a\n", "witness is meant"),
        ("witness none W0\nquorum none\n", "taken"),
        ("witness a W0\nwitness a W1\nquorum a\n", "taken"),
        ("witness a W0\nwitness b W0\nquorum a\n", "twice"),
        ("log x\nquorum none\n", "line 1"),
        ("witness a W0 u v\nquorum a\n", "no line of"),
        ("TWOgroup g 0 a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g 3 a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g 01 a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g -1 a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g 18446744073709551617 a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g many a b\nquorum g\n", "from 1 to 2"),
        ("TWOgroup g any\nquorum g\n", "from 1 to 0"),
        ("TWOgroup g all\nquorum g\n", "from 1 to 0"),
        ("TWOgroup g any a a\nquorum g\n", "member of a group already"),
        ("TWOgroup g any a b\ngroup h any a\nquorum h\n", "member of a group already"),
        ("TWOgroup g any g\nquorum g\n", "not defined above"),
        ("TWOgroup g any none\nquorum g\n", "not defined above"),
        ("TWOgroup a any b\nquorum a\n", "taken"),
        ("TWOgroup none any b\nquorum none\n", "taken"),
    ] {
        let error = read(&wrong.replace("TWO", two)).unwrap_err();
        assert!(error.contains(why), "{wrong:?}: {error}");
    }
    // A checkpoint names its log by the origin alone.
    let other = Party::log("example.org/log", 99).vkey();
    let error = read(&format!("log LOG\nlog {other}\nquorum none\n")).unwrap_err();
    assert!(error.contains("line 2: a second log with the origin example.org/log"), "{error}");
    // One key under two names is one witness.
    let again = Party::witness("another.example", 101).vkey();
    assert!(read(&format!("witness a W0\nwitness b {again}\nquorum a\n")).unwrap_err().contains("twice"));
}

/// A witness with two keys has one voice: they may stand for one another, and not beside one another.
#[test]
fn two_keys_of_one_witness_are_not_two_voices() {
    let again = Party::witness("w0.example", 120).vkey();
    let two = format!("witness a W0\nwitness b {again}\nwitness c W1\n");
    for counted_twice in [
        "group g 2 a b\nquorum g\n",
        "group g 2 a b c\nquorum g\n",
        "group x any a\ngroup y any b c\ngroup g all x y\nquorum g\n",
        "group x any a\ngroup g 2 x b\nquorum g\n",
        // A policy may be asked for any of its groups, not for its quorum alone.
        "group g 2 a b\nquorum none\n",
    ] {
        let error = read(&format!("{two}{counted_twice}")).unwrap_err();
        assert!(error.contains("two keys of the one witness w0.example"), "{counted_twice}: {error}");
    }
    for once in [
        "group x any a b\ngroup g 2 x c\nquorum g\n",
        "group g any a b c\nquorum g\n",
        "group g 2 a c\nquorum g\n",
        "quorum b\n",
    ] {
        let policy = read(&format!("{two}{once}")).unwrap();
        let both = [("a", second(1)), ("b", second(2))].into_iter().collect();
        assert_eq!(policy.met(&both) == Met::No, once.contains('2'), "{once}");
    }
    // The log itself is nobody's witness.
    let log = Party::witness("w9.example", 100).vkey();
    for text in [format!("log LOG\nwitness a {log}\nquorum a\n"), format!("witness a {log}\nlog LOG\nquorum a\n")] {
        assert!(read(&text).unwrap_err().contains("key of a log"), "{text}");
    }
}

#[test]
fn as_many_logs_witnesses_and_groups_as_the_specification_wants() {
    let lines = |count: u8| {
        let mut text = String::new();
        for n in 0..count {
            let (log, witness) = (Party::log(&format!("l{n}"), n), Party::witness(&format!("w{n}"), 64 + n));
            write!(text, "log {}\nwitness w{n} {}\ngroup g{n} any w{n}\n", log.vkey(), witness.vkey()).unwrap();
        }
        LogPolicy::parse(format!("{text}quorum none\n").as_bytes())
    };
    let policy = lines(32).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.defines("g31")), (32, 32, true));
    assert!(lines(60).is_ok() && lines(61).is_err());
}

/// A small source of numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

enum Node {
    Witness(String),
    Group(usize, Vec<Node>),
}

/// Whether so many had agreed by a time: the specification's sentence, and nothing else.
fn agreed(node: &Node, by: Timestamp, times: &BTreeMap<&str, Timestamp>) -> bool {
    match node {
        Node::Witness(name) => times.get(name.as_str()).is_some_and(|at| *at <= by),
        Node::Group(need, members) => members.iter().filter(|m| agreed(m, by, times)).count() >= *need,
    }
}

#[test]
fn random_policies_agree_with_a_reference_and_time_is_when_enough_had_cosigned() {
    let (_, witnesses) = keys();
    let (mut dice, mut yes, mut no, mut nested) = (Dice(7), 0, 0, 0);
    for _ in 0..1500 {
        let mut text = String::new();
        let mut free: Vec<(String, Node)> = Vec::new();
        for (n, witness) in witnesses.iter().enumerate() {
            writeln!(text, "witness w{n} {}", witness.vkey()).unwrap();
            free.push((format!("w{n}"), Node::Witness(format!("w{n}"))));
        }
        for n in 0..dice.below(5) {
            let count = 1 + dice.below(free.len());
            let members: Vec<(String, Node)> = (0..count).map(|_| free.swap_remove(dice.below(free.len()))).collect();
            let need = 1 + dice.below(count);
            let word = match dice.below(3) {
                0 if need == count => "all".to_owned(),
                0 if need == 1 => "any".to_owned(),
                _ => need.to_string(),
            };
            let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(text, "group g{n} {word} {}", names.join(" ")).unwrap();
            nested += usize::from(names.iter().any(|name| name.starts_with('g')));
            free.push((format!("g{n}"), Node::Group(need, members.into_iter().map(|(_, node)| node).collect())));
        }
        let (name, quorum) = &free[free.len() - 1];
        let policy = LogPolicy::parse(format!("{text}quorum {name}\n").as_bytes()).unwrap();
        for _ in 0..6 {
            let names: Vec<String> = (0..6).filter(|_| dice.below(3) > 0).map(|n| format!("w{n}")).collect();
            let times: BTreeMap<&str, Timestamp> =
                names.iter().map(|n| (n.as_str(), second(i64::try_from(dice.below(5)).unwrap()))).collect();
            let expected = (0..5).map(second).find(|by| agreed(quorum, *by, &times));
            let met = policy.met(&times);
            assert_eq!(met, expected.map_or(Met::No, Met::Since), "{times:?}\n{text}quorum {name}");
            assert_eq!(policy.met_by(name, &times), met);
            if met == Met::No { no += 1 } else { yes += 1 }
        }
    }
    assert!(yes > 1000 && no > 1000 && nested > 300, "{yes} met, {no} not, {nested} nested groups");
}
