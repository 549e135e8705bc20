//! The log's side: witnesses behind HTTP and in folders are asked alike, and no answer is believed that does not verify.

use super::{Bench, Log};
use crate::registry::web::server::{Harm, Server};
use crate::scene::Scene;
use crate::world::{NOW, at};
use std::time::Duration;
use vouchsafe::gather::network::{Network, Patience};
use vouchsafe::publish::ask::Asking;
use vouchsafe::publish::{Cosigner, NotAsked};
use vouchsafe::signer::PassphraseSource;
use vouchsafe::transparency::witness::AddCheckpoint;
use vouchsafe::transparency::{LogPolicy, NoteKey};

fn asking() -> Asking {
    let patience = Patience { request: Duration::from_secs(2), connect: Duration::from_secs(2), ..Patience::default() };
    let network = Network { patience, ..Network::default() };
    Asking { network, passphrase: PassphraseSource::default(), clock: || at(NOW) }
}

/// The witness at this place, as a log policy names it.
fn at_place(vkey: &NoteKey, place: &str) -> Box<dyn Cosigner> {
    let policy = LogPolicy::parse(format!("witness w1 {vkey} {place}\nquorum w1\n").as_bytes()).unwrap();
    asking().cosigner(&policy.witnesses()[0]).unwrap().unwrap()
}

fn request(log: &Log, old: usize, new: usize) -> AddCheckpoint {
    AddCheckpoint::parse(log.request(old, new).as_bytes()).unwrap()
}

#[test]
fn a_server_and_a_folder_answer_alike() {
    let bench = Bench::new();
    let served = bench.serve();
    let folder = bench.scene.path("w");
    let places = [served.url(), served.url() + "/", folder.display().to_string(), format!("file:{}", folder.display())];
    let mut size = 0;
    for (n, place) in places.iter().chain([&format!("file://{}", folder.display())]).enumerate() {
        let witness = at_place(&bench.vkey, place);
        assert_eq!((witness.name(), witness.key().id()), ("w1", bench.vkey.id()));
        let conflict = witness.ask(&request(&bench.log, size + 1, size + 3));
        assert_eq!(conflict, Err(NotAsked::Conflict(u64::try_from(size).unwrap())), "{place}");
        let lines = witness.ask(&request(&bench.log, size, size + 2)).unwrap();
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        bench.is_cosigned(size + 2, &lines);
        size += 2;
        let fork = bench.log.forked(1, 0);
        for (no, word) in [
            (request(&fork, size, size), "not an extension"),
            (request(&Log::new(&bench.log.origin, 5), size, size + 1), "no good signature"),
            (request(&Log::new("example.org/other", 5), 0, 1), "unknown log"),
        ] {
            let refused = witness.ask(&no);
            assert!(matches!(&refused, Err(NotAsked::Refused(why)) if why.contains(word)), "{n} {word}: {refused:?}");
        }
    }
}

#[test]
fn a_policy_may_not_say_where_a_witness_is() {
    let bench = Bench::new();
    let policy = LogPolicy::parse(format!("witness w1 {}\nquorum w1\n", bench.vkey).as_bytes()).unwrap();
    assert!(asking().cosigner(&policy.witnesses()[0]).unwrap().is_none());
    let policy = format!("witness w1 {} http://user@host/\nquorum w1\n", bench.vkey);
    let policy = LogPolicy::parse(policy.as_bytes()).unwrap();
    assert!(asking().cosigner(&policy.witnesses()[0]).is_err());
}

#[test]
fn who_cannot_be_asked_is_unreachable() {
    let bench = Bench::new();
    let (scene, log) = (&bench.scene, &bench.log);
    scene.ok(&format!("log witness init public --name w2 --key w.pub.pem --log {}", log.vkey()));
    let places = [
        (scene.path("nowhere").display().to_string(), "[not-a-witness]"),
        (scene.path("public").display().to_string(), "[witness-key-unknown]"),
        ("http://127.0.0.1:1".into(), "[network-failed]"),
    ];
    for (place, word) in places {
        let unreachable = at_place(&bench.vkey, &place).ask(&request(log, 0, 1));
        assert!(matches!(&unreachable, Err(NotAsked::Unreachable(why)) if why.contains(word)), "{unreachable:?}");
    }
    // The folder of another witness than the policy names.
    let other = NoteKey::new("w1.example.org", Log::new("x", 8).cosigner()).unwrap();
    let refused = at_place(&other, &scene.path("w").display().to_string()).ask(&request(log, 0, 1));
    assert!(matches!(&refused, Err(NotAsked::Refused(why)) if why.contains("no cosignature by")), "{refused:?}");
    std::fs::rename(scene.path("w.pem"), scene.path("gone.pem")).unwrap();
    let gone = at_place(&bench.vkey, &scene.path("w").display().to_string()).ask(&request(log, 1, 2));
    assert!(matches!(&gone, Err(NotAsked::Unreachable(why)) if why.contains("w.pem")), "{gone:?}");
}

/// Servers that mean harm: nothing of what they say is taken for a cosignature, and nothing takes for ever.
#[test]
fn a_false_witness_is_not_believed() {
    let bench = Bench::new();
    let ask = request(&bench.log, 0, 5);
    let line = bench.add(&bench.log.request(0, 5)).text().to_owned();
    let stale = bench.add(&bench.log.request(5, 6)).text().to_owned();
    let unknown = line.replace("w1.example.org", "w9.example.org");
    let says = |status: u16, body: &str| -> &'static str {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        format!("{head}\r\n{body}").leak()
    };
    let folder = Scene::empty();
    for (harm, word) in [
        (Harm::Says(says(200, "")), "cannot be used"),
        (Harm::Says(says(200, "\n")), "cannot be used"),
        (Harm::Says(says(200, "all is well\n")), "cannot be used"),
        (Harm::Says(says(200, &stale)), "does not verify"),
        (Harm::Says(says(200, &unknown)), "no cosignature by w1.example.org"),
        (Harm::Says(says(200, &format!("{line}{stale}"))), "does not verify"),
        (Harm::Says(says(200, line.trim_end())), "no newline"),
        (Harm::Says(says(200, &unknown.repeat(17))), "more than 16 lines"),
        (Harm::Says(says(409, "many\n")), "without the size"),
        (Harm::Says(says(409, "05\n")), "without the size"),
        (Harm::Says(says(422, "\u{1b}[31mno\n")), "\\u{1b}"),
        (Harm::Says(says(500, "")), "status 500"),
        (Harm::Says(says(204, "")), "status 204"),
        (Harm::Says("HTTP/1.1 302 x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), "status 302"),
        (Harm::Says("HTTP/1.1 307 x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), "status 307"),
        (Harm::Says("HTTP/1.1 200 x\r\nContent-Length: 9999999\r\n\r\n"), "over the limit"),
        (Harm::Says("HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), "compressed"),
        (Harm::Says("nonsense"), "cannot be reached"),
        (Harm::Endless("HTTP/1.1 200 x\r\n\r\n"), "over the limit"),
        (Harm::Drips("HTTP/1.1 200 x\r\n\r\n"), "no complete answer in time"),
        (Harm::Drips("HTTP/1.1 200 x\r\nX: "), "no complete answer in time"),
    ] {
        let server = Server::of(&folder.path(""));
        server.harm("/add-checkpoint", harm);
        let answer = at_place(&bench.vkey, &server.url).ask(&ask);
        let told = answer.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert!(told.contains(word), "{harm:?}: {answer:?}");
        assert_eq!(server.asked(), ["/add-checkpoint"], "{harm:?}: asked once, and nobody else");
    }
    // The same answer with an unknown witness beside it is good.
    let server = Server::of(&folder.path(""));
    server.harm("/add-checkpoint", Harm::Says(says(200, &format!("{unknown}{line}"))));
    assert_eq!(at_place(&bench.vkey, &server.url).ask(&ask).unwrap().len(), 1);
}
