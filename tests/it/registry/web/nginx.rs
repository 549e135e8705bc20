//! nginx, with the configuration of docs/serving.md, hands out a registry to us and to python-tuf.

use super::super::Bench;
use super::{snapshot, with};
use crate::peers::python;
use serde_json::Value;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An nginx of our own, in the foreground, with everything it writes in one folder. Ends with the value.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// Serves `published` as the page says; `listening` turns a port into what stands after `listen`.
    pub(super) fn serving(published: &Path, listening: impl Fn(u16) -> String) -> Self {
        Self::of(0, "/srv/forum/published", published, listening)
    }

    /// Serves `folder` as the nth configuration of the page says, in place of the folder that it names.
    pub(crate) fn of(nth: usize, named: &str, folder: &Path, listening: impl Fn(u16) -> String) -> Self {
        let page = include_str!("../../../../docs/serving.md");
        let rest = page.split("```nginx\n").nth(nth + 1).unwrap();
        let (server, _) = rest.split_once("```").unwrap();
        let settings = ["listen 80;", &format!("root {named};")];
        assert!(settings.iter().all(|s| server.matches(s).count() == 1), "{server}");
        // Somebody else may take the port between choosing and using it.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let server = server
                .replace(settings[0], &format!("listen 127.0.0.1:{}", listening(port)))
                .replace(settings[1], &format!("root {};", folder.display()));
            if let Some(nginx) = Self::start(&server, port) {
                return nginx;
            }
        }
        panic!("nginx does not start");
    }

    fn start(server: &str, port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {at}/{name};\n"))
            .collect();
        let text = format!(
            "daemon off;\nmaster_process off;\nuser root;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{ }}\n\
             http {{\naccess_log {at}/access.log;\n{paths}{server}\n}}\n"
        );
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, text).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("env");
        command.arg(format!("PATH={path}")).args(["nginx", "-e", &format!("{at}/error.log"), "-p", &at.to_string()]);
        let child = command.arg("-c").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = child.spawn().expect("nginx");
        let mut nginx = Self { child, port, _folder: folder };
        for _ in 0..500 {
            if nginx.child.try_wait().unwrap().is_some() {
                let log = std::fs::read_to_string(nginx._folder.path().join("error.log")).unwrap_or_default();
                assert!(log.contains("Address already in use"), "nginx (Debian: nginx-light): {log}");
                return None;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(nginx);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

#[test]
fn a_forum_is_trusted_by_its_url_and_kept_without_it() {
    let bench = Bench::published();
    let nginx = Nginx::serving(&bench.path("forum/published"), |port| format!("{port};"));
    let run = |line: &str| with(&bench, &[], line);
    run(&format!("trust add {}", nginx.url())).says(3, "[fingerprint-unconfirmed]").says(3, &bench.fingerprint());
    run(&format!("trust add {} --fingerprint {}", nginx.url(), "0".repeat(64))).says(1, "[fingerprint-mismatch]");
    run(&format!("trust add {}/metadata --fingerprint {}", nginx.url(), bench.fingerprint()))
        .says(3, "[not-a-registry]");
    run(&format!("trust import {}", nginx.url())).says(3, "[not-a-registry]");
    assert!(snapshot(&bench.path("home")).len() <= 1, "nothing is trusted yet");
    let added = run(&format!("trust add {}/ --fingerprint {}", nginx.url(), bench.fingerprint()));
    let added = added.says(0, "TRUSTED  Example  1 member, registry version 1");
    assert!(added.text().contains(&format!("source      {}\n", nginx.url())), "{added:?}");

    bench.publish_again();
    run("trust update").says(0, "UPDATED  Example  1 member, registry version 2");
    run("trust update").says(0, "registry version 2");
    let before = snapshot(&bench.path("home"));
    let url = nginx.url();
    drop(nginx);

    // The server is gone: what is held decides, and asks nobody.
    std::fs::write(bench.path("acme-1.txt"), "a release").unwrap();
    std::fs::write(bench.path("claims.toml"), bench.ok("practice template --profile base").out).unwrap();
    bench.ok("attest acme-1.txt --key acme.pem --member acme --profile base --claims claims.toml");
    run("registry show").says(0, "FORUM  Example  registry version 2");
    run("verify acme-1.txt").says(1, "[practices-not-met]");
    let offline = run("trust update").says(3, "[network-failed]");
    assert!(offline.err.contains("the view of Example held before stays; it is "), "{offline:?}");
    assert!(offline.err.contains(&format!("{url}/metadata/2.root.json")), "{offline:?}");
    assert_eq!(snapshot(&bench.path("home")), before);
    run("trust update forum").says(0, "UPDATED  Example");
}

#[test]
fn caches_are_told_what_they_may_keep() {
    let bench = Bench::published();
    let nginx = Nginx::serving(&bench.path("forum/published"), |port| format!("{port};"));
    let head = |path: &str| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, nginx.port)).unwrap();
        std::io::Write::write_all(&mut stream, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).split("\r\n\r\n").next().unwrap().to_owned()
    };
    let forum = bench.target("targets", ".forum.json");
    let forum = format!("/targets/{}", forum.file_name().unwrap().to_str().unwrap());
    let member = bench.target("targets/members", ".acme.json");
    let member = format!("/targets/members/{}", member.file_name().unwrap().to_str().unwrap());
    for (path, status, cache) in [
        ("/metadata/timestamp.json", "200", "no-cache"),
        ("/metadata/1.root.json", "200", "immutable"),
        ("/metadata/1.snapshot.json", "200", "immutable"),
        (&forum, "200", "immutable"),
        (&member, "200", "immutable"),
        ("/metadata/2.root.json", "404", "no-store"),
    ] {
        let head = head(path);
        let line = head.lines().find(|l| l.starts_with("Cache-Control:")).unwrap_or_default();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")) && line.contains(cache), "{path}: {head}");
        assert_eq!(head.matches("Cache-Control").count(), 1, "{path}: {head}");
    }
}

#[test]
fn python_tuf_reads_the_same_server() {
    let bench = Bench::published();
    let nginx = Nginx::serving(&bench.path("forum/published"), |port| format!("{port};"));
    std::fs::copy(bench.path("forum/published/metadata/1.root.json"), bench.path("pinned.json")).unwrap();
    let [metadata, targets] = ["metadata", "targets"].map(|folder| format!("{}/{folder}/", nginx.url()));
    let read = || {
        let args = [metadata.as_str(), &targets, "pinned.json", "forum.json", "members/acme.json"];
        python(bench.folder.path(), "tuf_read.py", args)
    };
    bench.publish_again();
    let ran = read();
    assert_eq!(ran.exit, 0, "{ran:?}");
    let digests: Value = crate::run::parse(&ran.out);
    let ours = std::fs::read(bench.target("targets/members", ".acme.json")).unwrap();
    let ours = vouchsafe::registry::Fingerprint::of(&ours).to_string();
    assert_eq!(digests["members/acme.json"], ours.as_str());
    drop(nginx);
    assert_eq!(read().exit, 1, "there is no server any more");
}
