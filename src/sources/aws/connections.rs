//! The connections that all clients share. Clients are made for every account and Region; each of them would otherwise
//! open connections of its own, and greet the same endpoints again and again.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Idle connections that are kept to one host; one service in one Region never has more calls under way.
const MOST_IDLE: usize = 256;

/// A client as the SDK makes it by default: TLS by rustls, proxies from the environment.
pub(super) fn shared() -> SharedHttpClient {
    Builder::new().pool_max_idle_per_host(MOST_IDLE).build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}
