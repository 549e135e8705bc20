//! Servers that mean harm: each ends in an answer of its own, and the view that was held stays.

use super::super::{Bench, now};
use super::server::{Harm, Server};
use super::snapshot;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use vouchsafe::encoding::Explain as _;
use vouchsafe::gather::Location;
use vouchsafe::gather::network::{Network, Patience};
use vouchsafe::gather::remote::Remote;
use vouchsafe::gather::trust::{self, State, TrustError};
use vouchsafe::registry::{Fingerprint, Repository as _};
use vouchsafe::store::Home;

/// A forum that was trusted from a server and has published again since.
struct Scene {
    bench: Bench,
    server: Server,
    home: Home,
    patience: Patience,
}

impl Scene {
    fn new() -> Self {
        let bench = Bench::published();
        let server = Server::of(&bench.path("forum/published"));
        let home = Home::at(bench.path("home"));
        let patience = Patience {
            request: Duration::from_secs(20),
            attempts: 3,
            pause: Duration::from_millis(1),
            ..Patience::default()
        };
        let scene = Self { bench, server, home, patience };
        let fingerprint = Fingerprint::parse(&scene.bench.fingerprint()).unwrap();
        trust::add(&scene.home, scene.location(scene.patience), &fingerprint, &Default::default(), now()).unwrap();
        scene.bench.publish_again();
        scene
    }
    fn location(&self, patience: Patience) -> Location {
        let network = Network { patience, ..Network::default() };
        Location::parse(OsStr::new(&self.server.url), &network).unwrap()
    }
    fn update(&self, patience: Patience) -> Result<State, TrustError> {
        let [state] = trust::list(&self.home).unwrap().try_into().unwrap();
        trust::update(&self.home, &state, Some(&self.location(patience)), &Default::default(), now())
            .map(|(_, state)| state)
    }
    /// Updating must end with this code and change nothing.
    #[track_caller]
    fn no(&self, patience: Patience, code: &str, about: &dyn std::fmt::Debug) {
        let before = snapshot(self.home.path());
        let error = self.update(patience).map(|s| s.versions).expect_err(&format!("{about:?} must not pass"));
        assert_eq!(error.code(), code, "{about:?}: {error}; expected {}, got {}", error.expected(), error.got());
        assert!(!error.next().is_empty());
        assert_eq!(snapshot(self.home.path()), before, "{about:?}: the view that was held stays");
    }
}

#[test]
fn each_harm_has_its_code() {
    let scene = Scene::new();
    for (harm, code) in [
        (Harm::Endless("HTTP/1.1 200 OK\r\n\r\n"), "response-too-large"),
        (Harm::Endless("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "response-too-large"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), "response-too-large"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"signed\":"), "response-truncated"),
        (Harm::Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"si"), "response-truncated"),
        (Harm::Reset, "response-truncated"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"), "network-failed"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), "response-encoded"),
        (Harm::Endless("HTTP/1.1 200 OK\r\nX-Long: "), "network-failed"),
        (Harm::Says("SSH-2.0-OpenSSH_9.9\r\n"), "network-failed"),
        (Harm::Says(""), "network-failed"),
        (Harm::Says("HTTP/1.1 302 Found\r\nLocation: timestamp.json\r\nContent-Length: 0\r\n\r\n"), "redirect-refused"),
        (Harm::Says("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "network-failed"),
        (Harm::Fails(500, 9), "http-status"),
        (Harm::Fails(429, 9), "http-status"),
        (Harm::Fails(401, 9), "http-status"),
        (Harm::Fails(403, 9), "http-status"),
        (Harm::Fails(204, 9), "http-status"),
        (Harm::Fails(404, 9), "registry-incomplete"),
        (Harm::Fails(410, 9), "registry-incomplete"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<!doctype html>"), "registry-malformed"),
        (Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "registry-malformed"),
        (Harm::Half, "registry-malformed"),
    ] {
        scene.server.harm("/timestamp.json", harm);
        scene.no(scene.patience, code, &harm);
    }
    // Further down the chain nothing is different.
    for (end, harm, code) in [
        ("/2.root.json", Harm::Fails(500, 9), "http-status"),
        ("/2.root.json", Harm::Endless("HTTP/1.1 200 OK\r\n\r\n"), "response-too-large"),
        ("/2.root.json", Harm::Says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "registry-malformed"),
        ("/2.snapshot.json", Harm::Half, "registry-malformed"),
        ("/2.targets.json", Harm::Fails(403, 9), "http-status"),
        ("/2.targets.json", Harm::Fails(404, 9), "registry-incomplete"),
    ] {
        scene.server.harm(end, harm);
        scene.no(scene.patience, code, &(end, harm));
    }
    scene.server.relent();
    assert_eq!(scene.update(scene.patience).unwrap().versions.targets, 2, "an honest answer is taken after all that");
}

#[test]
fn waiting_ends() {
    let scene = Scene::new();
    let short = Patience { request: Duration::from_millis(400), ..scene.patience };
    for harm in [
        Harm::Drips("HTTP/1.1 200 OK\r\n\r\n"),
        Harm::Drips("HTTP/1.1 200 OK\r\nX-Slow: "),
        Harm::Drips("HTTP/1.1 200 "),
        Harm::Silent,
    ] {
        scene.server.harm("/timestamp.json", harm);
        scene.no(short, "network-timeout", &harm);
        let times = scene.server.asked().iter().filter(|path| path.ends_with("/timestamp.json")).count();
        // A slow machine may run out of time before it comes to this file.
        assert!(times <= 1, "who has used up the time for a file is given no more");
    }
    scene.server.relent();
    scene.no(Patience { in_all: Duration::ZERO, ..scene.patience }, "network-timeout", &"no time at all");
    assert!(scene.server.asked().is_empty());
}

#[test]
fn a_silent_partner_in_a_handshake_is_left() {
    let bench = Bench::published();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let short = Patience { connect: Duration::from_millis(300), ..Patience::default() };
    for patience in [short, Patience { request: Duration::from_millis(300), ..Patience::default() }] {
        let network = Network { patience, ..Network::default() };
        let error = trust::offered(Location::parse(OsStr::new(&url), &network).unwrap()).unwrap_err();
        assert_eq!(error.code(), "network-timeout", "{error}");
    }
    drop(listener);
    let plain = Server::of(&bench.path("forum/published")).url.replace("http:", "https:");
    super::with(&bench, &[], &format!("trust add {plain}")).says(3, "[network-failed]");
}

#[test]
fn a_proxy_of_the_environment_is_asked() {
    let bench = Bench::published();
    let proxy = Server::of(&bench.path("forum/published"));
    let add = format!("trust add http://forum.invalid --fingerprint {}", bench.fingerprint());
    let variables = [format!("HTTP_PROXY={}", proxy.url)];
    super::with(&bench, &variables, &add).says(0, "TRUSTED  Example");
    let asked = proxy.asked().len();
    assert!(asked > 3);
    let variables = [variables[0].clone(), "NO_PROXY=forum.invalid".into()];
    super::with(&bench, &variables, "trust update").says(3, "[network-failed]");
    assert_eq!(proxy.asked().len(), asked);
}

#[test]
fn a_server_in_trouble_is_asked_again_and_a_missing_file_is_not() {
    let scene = Scene::new();
    let times = |end: &str| scene.server.asked().iter().filter(|path| path.ends_with(end)).count();
    scene.server.harm("/timestamp.json", Harm::Fails(503, 9));
    scene.no(scene.patience, "http-status", &"always 503");
    assert_eq!(times("/timestamp.json"), 3);
    scene.server.harm("/timestamp.json", Harm::Fails(404, 9));
    scene.no(Patience::default(), "registry-incomplete", &"always 404");
    assert_eq!(times("/timestamp.json"), 2, "once, and once more without what is held");
    scene.server.harm("/timestamp.json", Harm::Fails(503, 2));
    assert_eq!(scene.update(scene.patience).unwrap().versions.targets, 2);
    assert_eq!(times("/timestamp.json"), 3);
}

#[test]
fn a_forbidden_root_is_the_end_of_the_roots() {
    let scene = Scene::new();
    scene.server.harm("/2.root.json", Harm::Fails(403, 9));
    assert_eq!(scene.update(scene.patience).unwrap().versions.targets, 2);
}

#[test]
fn what_is_held_is_not_fetched_again_but_when_it_is_damaged() {
    let scene = Scene::new();
    scene.server.relent();
    assert_eq!(scene.update(scene.patience).unwrap().versions.targets, 2);
    let fetched = scene.server.asked();
    assert!(!fetched.iter().any(|path| path.contains("acme.json") || path.ends_with("/1.root.json")), "{fetched:?}");
    scene.server.relent();
    scene.update(scene.patience).unwrap();
    assert_eq!(scene.server.asked(), ["/metadata/2.root.json", "/metadata/timestamp.json"]);

    let held: Vec<_> = snapshot(scene.home.path()).into_keys().filter(|p| p.ends_with("2.targets.json")).collect();
    for damage in [&b"{}"[..], b""] {
        std::fs::write(&held[0], damage).unwrap();
        scene.server.relent();
        scene.update(scene.patience).unwrap();
        assert!(scene.server.asked().contains(&"/metadata/2.targets.json".to_owned()));
        assert_eq!(std::fs::read(&held[0]).unwrap(), scene.bench.read("forum/published/metadata/2.targets.json"));
    }
}

/// Or else a view could be made of two: one that is checked, and one that is kept.
#[test]
fn a_run_reads_a_name_once() {
    let scene = Scene::new();
    let Location::Web(url, network) = scene.location(scene.patience) else { panic!() };
    let remote = Remote::open(&url, &network, None).unwrap();
    let first = remote.metadata("timestamp.json", 1 << 20).unwrap().unwrap();
    scene.server.harm("/timestamp.json", Harm::Half);
    assert_eq!(remote.metadata("timestamp.json", 1 << 20).unwrap().unwrap(), first);
    assert!(scene.server.asked().is_empty());
    assert_eq!(remote.target("../../etc/passwd", 1 << 20).unwrap(), None);
    assert_eq!(remote.metadata("../timestamp.json", 1 << 20).unwrap(), None);
    assert!(scene.server.asked().is_empty(), "names that lead out are not asked for");
    assert_eq!(remote.target("a?b#c%2e d.json", 1 << 20).unwrap(), None);
    assert_eq!(scene.server.asked(), ["/targets/a%3Fb%23c%252e%20d.json"]);
}

#[test]
fn an_older_registry_is_refused_from_the_web_too() {
    let scene = Scene::new();
    scene.update(scene.patience).unwrap();
    let older = Bench::published();
    let [state] = trust::list(&scene.home).unwrap().try_into().unwrap();
    let before = snapshot(scene.home.path());
    let server = Server::of(&older.path("forum/published"));
    let network = Network { patience: scene.patience, ..Network::default() };
    let other = Location::parse(OsStr::new(&server.url), &network).unwrap();
    let error = trust::update(&scene.home, &state, Some(&other), &Default::default(), now()).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "registry-signature-invalid", "another forum: {error}");
    let old = scene.bench.path("old");
    super::super::copy(&scene.bench.path("forum/published"), &old);
    scene.bench.publish_again();
    scene.update(scene.patience).unwrap();
    let server = Server::of(&old);
    let other = Location::parse(OsStr::new(&server.url), &network).unwrap();
    let error = trust::update(&scene.home, &state, Some(&other), &Default::default(), now()).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "registry-rollback", "{error}");
    assert_ne!(snapshot(scene.home.path()), before, "the honest update in between stays");
}

#[test]
fn only_addresses_of_folders_are_asked() {
    let bench = Bench::published();
    for url in ["ftp://127.0.0.1/forum", "http://", "http://me:secret@127.0.0.1/", "https://127.0.0.1/?forum"] {
        super::with(&bench, &[], &format!("trust add {url}")).says(3, "[url-invalid]");
    }
    // Reserved for documentation and tests: no server has this name.
    super::with(&bench, &[], "trust add http://forum.invalid").says(3, "[network-failed]");
    // Deciding never goes to the web, whatever it is told.
    let server = Server::of(&bench.path("forum/published"));
    for line in ["verify board1.pem --trust", "trust export --trust", "registry show"] {
        let ran = super::with(&bench, &[], &format!("{line} {}", server.url)).says(3, "[not-a-registry]");
        assert!(ran.err.contains(&format!("vouchsafe trust add {}", server.url)), "{ran:?}");
    }
    assert!(server.asked().is_empty());
}
