//! https: who is believed, and that nobody leads away from it.

use super::super::Bench;
use super::nginx::Nginx;
use super::server::{Harm, Server};
use super::{snapshot, with};
use crate::run::program;

/// An authority, and a certificate of its for 127.0.0.1.
fn certificates(bench: &Bench) {
    let ca = "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Authority -days 2";
    let leaf = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem \
         -subj /CN=Server -days 2 -CA ca.pem -CAkey ca.key \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    for line in [ca, leaf] {
        let ran = program("openssl", bench.folder.path(), line.split_whitespace(), b"");
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
}

#[test]
fn only_a_trusted_certificate_is_believed() {
    let bench = Bench::published();
    certificates(&bench);
    let file = |name: &str| bench.path(name).display().to_string();
    let (certificate, key) = (file("tls.pem"), file("tls.key"));
    for protocol in ["TLSv1.3", "TLSv1.2"] {
        let nginx = Nginx::serving(&bench.path("forum/published"), |port| {
            format!(
                "{port} ssl;\nssl_certificate {certificate};\nssl_certificate_key {key};\nssl_protocols {protocol};"
            )
        });
        let authority = |name: &str| [format!("SSL_CERT_FILE={}", file(name))];
        let add = |host: &str| format!("trust add https://{host}:{} --fingerprint {}", nginx.port, bench.fingerprint());
        let here = add("127.0.0.1");
        with(&bench, &[], &here).says(3, "[certificate-untrusted]");
        with(&bench, &authority("ca.pem"), &add("localhost")).says(3, "[certificate-untrusted]");
        with(&bench, &authority("board1.pem"), &here).says(3, "[authorities-unusable]");
        with(&bench, &authority("none.pem"), &here).says(3, "[file-not-found]");
        assert!(snapshot(&bench.path("home")).len() <= 1, "nothing is trusted yet");
        with(&bench, &authority("ca.pem"), &here).says(0, "TRUSTED  Example");
        with(&bench, &authority("ca.pem"), "trust update").says(0, "UPDATED  Example");
        with(&bench, &[], "trust update").says(3, "[certificate-untrusted]").says(3, "held before stays");
        std::fs::remove_dir_all(bench.path("home")).unwrap();
    }
}

#[test]
fn https_is_not_left_for_http_and_http_is_for_https() {
    let bench = Bench::published();
    certificates(&bench);
    let file = |name: &str| bench.path(name).display().to_string();
    let plain = Server::of(&bench.path("forum/published"));
    let nginx = Nginx::serving(&bench.path("forum/published"), |port| {
        format!(
            "{port} ssl;\nssl_certificate {};\nssl_certificate_key {};\n\
             location /away/ {{ rewrite ^/away(/.*)$ {}$1 redirect; }}",
            file("tls.pem"),
            file("tls.key"),
            plain.url
        )
    });
    let authority = [format!("SSL_CERT_FILE={}", file("ca.pem"))];
    let away = format!("trust add https://127.0.0.1:{}/away --fingerprint {}", nginx.port, bench.fingerprint());
    with(&bench, &authority, &away).says(3, "[redirect-refused]");
    assert!(plain.asked().is_empty(), "nothing was asked in the clear");

    let moved = format!(
        "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:{}/metadata/timestamp.json\r\nContent-Length: 0\r\n\r\n",
        nginx.port
    );
    plain.harm("/timestamp.json", Harm::Says(moved.leak()));
    let add = format!("trust add {} --fingerprint {}", plain.url, bench.fingerprint());
    with(&bench, &[], &add).says(3, "[certificate-untrusted]");
    with(&bench, &authority, &add).says(0, "TRUSTED  Example");
}
