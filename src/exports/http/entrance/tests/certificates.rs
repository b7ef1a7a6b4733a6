// Certificates for tests: made anew, valid for longer than the project will live. Read by the unit tests, and by those
// that run the program.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd};

/// A certificate and its key, in PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

/// Somebody who signs certificates.
pub struct Authority {
    pub pair: Pair,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut parameters = parameters(name, &[]);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate").pem();
        let pair = Pair { certificate, key: key.serialize_pem() };
        Self { pair, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for these names.
    pub fn signs(&self, name: &str, names: &[SanType]) -> Pair {
        self.signs_from_to(name, names, 2000, 3000)
    }

    /// The same, valid from the beginning of one year to that of another.
    pub fn signs_from_to(&self, name: &str, names: &[SanType], from: i32, to: i32) -> Pair {
        let mut parameters = parameters(name, names);
        parameters.not_before = date_time_ymd(from, 1, 1);
        parameters.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// A certificate for this machine.
    pub fn signs_localhost(&self) -> Pair {
        self.signs("localhost", &[host("localhost"), SanType::IpAddress([127, 0, 0, 1].into())])
    }
}

pub fn host(name: &str) -> SanType {
    SanType::DnsName(name.try_into().expect("ASCII"))
}

fn parameters(name: &str, names: &[SanType]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.subject_alt_names = names.to_vec();
    parameters
}
