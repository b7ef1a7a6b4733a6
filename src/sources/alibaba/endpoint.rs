//! Where a call goes: the provider's hosts, one that it named itself, or a template of the configuration.

use reqwest::Url;

use super::calls::Product;
use super::oss_signer::encoded_path;
use crate::config::Alibaba;
use crate::model::Outcome;
use crate::sources::live::Failure;

/// The domain of every endpoint of the provider: signed requests go nowhere else, whatever an answer says.
const DOMAIN: &str = ".aliyuncs.com";

/// A Region to ask, with the host that answers for it where the provider has named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The Region.
    pub region: &'a str,
    /// The `RegionEndpoint` that the product's own list of Regions gives.
    pub host: Option<&'a str>,
}

impl<'a> From<&'a str> for Place<'a> {
    fn from(region: &'a str) -> Self {
        Self { region, host: None }
    }
}

/// How a call finds its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    template: Option<String>,
    allow_http: bool,
}

impl Endpoint {
    /// The provider's hosts, or with a template that one alone.
    ///
    /// # Errors
    /// [`Failure`] when the template makes no URL, or a plain http one where that is not allowed.
    fn new(template: Option<&str>, allow_http: bool) -> Result<Self, Failure> {
        let endpoint = Self { template: template.map(str::to_owned), allow_http };
        endpoint.url(Product::Sts, "cn-hangzhou".into())?;
        Ok(endpoint)
    }

    /// That of a source, or the provider's hosts.
    ///
    /// # Errors
    /// As [`Endpoint::new`].
    pub fn of(source: Option<&Alibaba>) -> Result<Self, Failure> {
        let template = source.and_then(|source| source.endpoint.as_deref());
        Self::new(template, source.is_some_and(|source| source.allow_http))
    }

    /// The URL of a product for a Region; its path is the one to sign.
    ///
    /// # Errors
    /// [`Failure`] when Region or host are none, or lead away from the provider.
    pub fn url(&self, product: Product, place: Place<'_>) -> Result<Url, Failure> {
        self.parsed(&self.address(product, place)?)
    }

    /// The URL of a bucket, or of an object in it: below the template's address, or on the bucket's own host.
    ///
    /// # Errors
    /// As [`Endpoint::url`]; and where the bucket's name is none, or the key cannot be asked for.
    pub fn object(&self, place: Place<'_>, bucket: &str, key: Option<&str>) -> Result<Url, Failure> {
        named("bucket", bucket)?;
        let key = encoded_path(key.unwrap_or_default());
        let base = self.url(Product::Oss, place)?;
        let (host, path) = if self.template.is_some() {
            (authority(&base), format!("{}/{bucket}/{key}", base.path().trim_end_matches('/')))
        } else {
            (format!("{bucket}.{}", authority(&base)), format!("/{key}"))
        };
        let url = self.parsed(&format!("{}://{host}{path}", base.scheme()))?;
        // A path with dots for names would be shortened on its way, and another object be asked for.
        if url.path() != path {
            return Err(invalid(&format!("the key of {path:?} cannot be part of a URL")));
        }
        Ok(url)
    }

    fn address(&self, product: Product, place: Place<'_>) -> Result<String, Failure> {
        named("Region", place.region)?;
        if let Some(template) = &self.template {
            return Ok(template.replace("{product}", product.name()).replace("{region}", place.region));
        }
        let Some(host) = place.host else { return Ok(format!("https://{}", product.host(place.region))) };
        let inside = host.strip_suffix(DOMAIN).is_some_and(|name| name.split('.').all(is_name));
        if !inside {
            return Err(Failure::protocol(format!("the endpoint {host:?} is none of the provider's")));
        }
        Ok(format!("https://{host}"))
    }

    fn parsed(&self, address: &str) -> Result<Url, Failure> {
        let url = Url::parse(address).map_err(|error| invalid(&format!("{address:?}: {error}")))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(invalid("plain http is used only with allow_http = true")),
            other => return Err(invalid(&format!("{other} is no scheme for API calls"))),
        }
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it may have host, port and path only"));
        }
        Ok(url)
    }
}

/// Host and port of a URL, as the `host` header has them.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whatever becomes a part of a host name must not become more than that.
fn named(what: &str, name: &str) -> Result<(), Failure> {
    if is_name(name) { Ok(()) } else { Err(invalid(&format!("{name:?} is no name of a {what}"))) }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn invalid(why: &str) -> Failure {
    Failure::new(Outcome::Error, format!("no usable endpoint: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(template: Option<&str>, product: Product, place: impl Into<Place<'static>>) -> String {
        let endpoint = Endpoint::new(template, true).expect("a template");
        endpoint.url(product, place.into()).map_or_else(|failure| failure.detail, |url| url.to_string())
    }

    #[test]
    fn without_a_template_every_product_has_its_host() {
        assert_eq!(url(None, Product::Ram, "cn-beijing"), "https://ram.aliyuncs.com/");
        assert_eq!(url(None, Product::Kms, "cn-beijing"), "https://kms.cn-beijing.aliyuncs.com/");
    }

    #[test]
    fn a_host_that_the_provider_names_is_asked() {
        let place = |host| Place { region: "ap-southeast-6", host: Some(host) };
        let named = url(None, Product::ActionTrail, place("actiontrail.aliyuncs.com"));
        assert_eq!(named, "https://actiontrail.aliyuncs.com/");
        for foreign in
            ["example.com", "aliyuncs.com.example.com", "x@example.com#.aliyuncs.com", "a/b.aliyuncs.com", ""]
        {
            let refused = url(None, Product::ActionTrail, place(foreign));
            assert!(refused.contains("none of the provider's"), "{foreign}: {refused}");
        }
    }

    #[test]
    fn a_template_is_the_only_host_and_its_path_stays_as_it_is() {
        let place = Place { region: "cn-beijing", host: Some("kms.cn-beijing.aliyuncs.com") };
        let template = "http://127.0.0.1:5001/{product}/{region}";
        assert_eq!(url(Some(template), Product::Kms, place), "http://127.0.0.1:5001/kms/cn-beijing");
        let inside = "https://{product}-vpc.{region}.aliyuncs.com";
        assert_eq!(url(Some(inside), Product::Kms, place), "https://kms-vpc.cn-beijing.aliyuncs.com/");
    }

    #[test]
    fn what_is_no_region_never_becomes_a_host() {
        for region in ["", "example.com/", "cn_x", "a.b", "CN-BEIJING"] {
            let refused = url(None, Product::Kms, region);
            assert!(refused.contains("no name of a Region"), "{region}: {refused}");
        }
    }

    #[test]
    fn plain_http_has_to_be_allowed_and_other_schemes_cannot_be() {
        for (template, why) in [
            ("http://127.0.0.1/{product}", "allow_http"),
            ("ftp://127.0.0.1/", "no scheme"),
            ("https://user:word@host/", "host, port and path only"),
            ("https://host/?a={region}", "host, port and path only"),
            ("https:// /", "no usable endpoint"),
        ] {
            let refused = Endpoint::new(Some(template), false).expect_err(template);
            assert!(refused.detail.contains(why), "{template}: {refused}");
        }
    }

    #[test]
    fn a_bucket_has_a_host_of_its_own_or_stands_in_the_path() {
        let object = |template, bucket, key| {
            let endpoint = Endpoint::new(template, true).expect("a template");
            let url = endpoint.object("cn-beijing".into(), bucket, key);
            url.map_or_else(|failure| failure.detail, |url| url.to_string())
        };
        let template = Some("http://127.0.0.1:5001/{product}/{region}/");
        assert_eq!(object(None, "audit", Some("a/b c.gz")), "https://audit.oss-cn-beijing.aliyuncs.com/a/b%20c.gz");
        assert_eq!(object(None, "audit", None), "https://audit.oss-cn-beijing.aliyuncs.com/");
        assert_eq!(object(template, "audit", Some("a+b")), "http://127.0.0.1:5001/oss/cn-beijing/audit/a%2Bb");
        assert_eq!(object(template, "audit", None), "http://127.0.0.1:5001/oss/cn-beijing/audit/");
        assert!(object(None, "evil.example.com/", None).contains("no name of a bucket"));
        assert!(object(template, "audit", Some("a/../../other/b")).contains("cannot be part of a URL"));
    }
}
