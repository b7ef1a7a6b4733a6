//! `[web]`: the metrics page and the API.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value;

/// `[web]`: the metrics page and the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Web {
    /// Address and port. Default `127.0.0.1:9847`: this machine only.
    #[schemars(with = "String")]
    pub listen_address: SocketAddr,
    /// The web configuration: TLS, basic authentication, headers and a rate limit, in the form of the Prometheus
    /// exporter toolkit. Default: none.
    #[serde(serialize_with = "value::optional_path")]
    pub config_file: Option<PathBuf>,
    /// Listen on an address that other machines reach although nobody is asked for a password or a certificate, or
    /// passwords cross the network in clear. Default false.
    pub allow_insecure: bool,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen_address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9847)),
            config_file: None,
            allow_insecure: false,
        }
    }
}

impl Web {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            listen_address: section.value("listen_address", default.listen_address),
            config_file: section.optional("config_file"),
            allow_insecure: section.value("allow_insecure", default.allow_insecure),
        }
    }
}
