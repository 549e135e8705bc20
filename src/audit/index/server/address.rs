//! The address of a database: `postgres://USER@HOST/DATABASE`. Whatever is secret in it is in no text made from it.

use crate::encoding::Malformed;
use crate::encoding::text::{shown, shown_path};
use postgres::Config;
use postgres::config::{Host, SslMode};
use std::fmt;
use std::time::Duration;

/// Where Debian's servers listen.
#[cfg(unix)]
const SOCKETS: &str = "/var/run/postgresql";
/// So long a server may take to answer at first, unless the address says otherwise.
const GREETING: Duration = Duration::from_secs(10);

/// The address of a database.
#[derive(Clone)]
pub struct Address(Box<Config>);

impl Address {
    /// Reads it as the `postgres` crate does.
    pub(in crate::audit::index) fn parse(text: &str) -> Result<Self, Malformed> {
        let no = |why: &str| Err(Malformed::new("address of a database", why));
        // With two of them it is anybody's guess where a password ends, and part of it would be shown as a host.
        if text.matches('@').count() > 1 {
            return no("it has more than one @; in a password it is written %40, in a host's folder too");
        }
        let mut config: Config = match text.parse() {
            Ok(config) => config,
            Err(error) => return no(&super::said(&error)),
        };
        if config.get_ssl_mode() != SslMode::Disable && config.get_ssl_mode() != SslMode::Prefer {
            return no("this build has no TLS: use a socket (?host=/var/run/postgresql) or a tunnel, without sslmode");
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            #[cfg(unix)]
            config.host_path(SOCKETS);
            #[cfg(not(unix))]
            config.host("localhost");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(GREETING);
        }
        if config.get_application_name().is_none() {
            config.application_name("vouchsafe");
        }
        Ok(Self(Box::new(config)))
    }

    pub(super) fn config(&self) -> &Config {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |host: &Host| match host {
            Host::Tcp(name) => shown(name),
            #[cfg(unix)]
            Host::Unix(folder) => shown_path(folder),
        };
        let hosts: Vec<String> = self.0.get_hosts().iter().map(host).collect();
        write!(f, "PostgreSQL at {}", hosts.join(", "))?;
        self.0.get_dbname().map_or(Ok(()), |name| write!(f, ", database {}", shown(name)))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn nothing_secret_is_shown_whatever_the_address_is() {
        for address in [
            "postgres://joe:hunter2@db.example/audits",
            "postgres://joe:hunter2@/audits?host=/run/pg",
            "postgresql://db.example/audits?user=joe&password=hunter2",
            "postgres://joe:hunter2@db.example:port/audits",
            "postgres://joe:@hunter2@db.example/audits",
            "postgres://joe:hunter2@db.example/audits?sslmode=require",
            "postgres://joe:hunter2@db.example/audits?unheard=of",
            "postgres://joe:/hunter2?@db.example/audits",
        ] {
            let shown = match Address::parse(address) {
                Ok(address) => format!("{address} {address:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("hunter") && !shown.contains("joe"), "{shown}");
        }
        let shown = |address: &str| Address::parse(address).unwrap().to_string();
        assert_eq!(shown("postgres://joe@db.example/audits"), "PostgreSQL at db.example, database audits");
        #[cfg(unix)]
        assert_eq!(shown("postgres:///audits?user=joe"), "PostgreSQL at /var/run/postgresql, database audits");
    }
}
