//! Where a registry is read from, as typed or remembered, with what the environment says about the network.

use super::super::trouble::Trouble;
use std::ffi::OsStr;
use std::path::Path;
use vouchsafe::gather::Location;
use vouchsafe::gather::network::{Authorities, Network, Proxy};
use vouchsafe::store::read_bounded;

/// Most bytes of a list of certificate authorities; Mozilla's has a quarter of a megabyte.
const MAX_AUTHORITIES: usize = 16 << 20;

/// A path, or a URL that is read with `$SSL_CERT_FILE` and the proxy variables in mind.
pub(crate) fn location(text: &OsStr) -> Result<Location, Trouble> {
    // Only who goes to the web needs the list; that it cannot be read is nothing to anybody else.
    match Location::parse(text, &Network::default())? {
        Location::Web(url, _) => Ok(Location::Web(url, network()?)),
        path => Ok(path),
    }
}

/// How a network is used, as `$SSL_CERT_FILE` and the proxy variables have it.
pub(crate) fn network() -> Result<Network, Trouble> {
    let mut network = Network { proxy: Proxy::Environment, ..Network::default() };
    if let Some(file) = std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()) {
        network.authorities = Authorities::Pem(read_bounded(Path::new(&file), MAX_AUTHORITIES)?);
    }
    Ok(network)
}
