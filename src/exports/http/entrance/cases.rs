// Web configurations and what becomes of them: the format in examples. Read by the unit tests, and by those that run
// the program and promtool on each. Beside each file stand server.pem, server.key, other.key, ca.pem, and empty.pem.

/// Whether a web configuration is taken.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// By roletrail and by the toolkit.
    Good,
    /// By neither; the problem's text holds these parts.
    Bad(&'static [&'static str]),
    /// By the toolkit alone, with the reason why not here.
    Stricter(&'static [&'static str], &'static str),
}

/// A web configuration.
#[derive(Debug)]
pub struct Case {
    pub text: &'static str,
    pub verdict: Verdict,
}

use Verdict::{Bad, Good, Stricter};

macro_rules! tls {
    ($($more:literal)?) => {
        concat!("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n", $($more)?)
    };
}

macro_rules! user {
    ($hash:literal) => {
        concat!("basic_auth_users:\n  ada: ", $hash, "\n")
    };
}

const NOT_OURS: &str = "rustls does not have it";
const TRAP: &str = "protection that somebody asks for would silently not be there";

/// All of them.
pub const CASES: &[Case] = &[
    // The whole.
    good(""),
    good("# nothing but a comment\n"),
    good("---\n"),
    good("tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n"),
    bad("somefile", &["web.yml:1:1", "keys are expected"]),
    bad("- tls_server_config\n", &["a list where keys are expected"]),
    bad("tls_server_config: [\n", &["web.yml:", "no YAML"]),
    bad("tls_server_config:\n\tcert_file: server.pem\n", &["web.yml:2:", "no YAML"]),
    bad(
        "tls_serverconfig: {}\n",
        &["web.yml:1:1", "tls_serverconfig: unknown key", "did you mean \"tls_server_config\"?"],
    ),
    bad("http_server_config: {http2: true}\nhttp_server_config: {http2: true}\n", &["web.yml:2:1", "line 1 already"]),
    // Certificate and key.
    good(tls!()),
    good("tls_server_config: {cert_file: server.pem, key_file: \"server.key\"}\n"),
    good(
        "tls_server_config: &tls\n  cert_file: server.pem\n  key_file: server.key\nhttp_server_config:\n  http2: false\n",
    ),
    bad("tls_server_config:\n  cert_filse: server.pem\n", &["web.yml:2:3", "did you mean \"cert_file\"?"]),
    bad(
        "tls_server_config:\n  cert_file: server.pem\n",
        &["tls_server_config.key_file: is missing", "or put its text into key"],
    ),
    bad("tls_server_config:\n  key_file: server.key\n", &["tls_server_config.cert_file: is missing"]),
    bad("tls_server_config:\n  cert_file: \"\"\n  key_file: server.key\n", &["cert_file: is missing"]),
    bad(
        "tls_server_config:\n  cert_file: nowhere.pem\n  key_file: server.key\n",
        &["web.yml:2:14", "nowhere.pem", "No such file"],
    ),
    bad("tls_server_config:\n  cert_file: server.pem\n  key_file: nowhere.key\n", &["web.yml:3:13", "nowhere.key"]),
    bad("tls_server_config:\n  cert_file: empty.pem\n  key_file: server.key\n", &["empty.pem holds no certificate"]),
    bad("tls_server_config:\n  cert_file: server.pem\n  key_file: empty.pem\n", &["empty.pem holds no private key"]),
    bad(
        "tls_server_config:\n  cert_file: server.key\n  key_file: server.pem\n",
        &["server.key holds no certificate"],
    ),
    bad(
        "tls_server_config:\n  cert_file: server.pem\n  key_file: other.key\n",
        &["server.pem is not the certificate of the private key"],
    ),
    bad(
        "tls_server_config:\n  cert_file: [server.pem]\n  key_file: server.key\n",
        &["web.yml:2:14", "a list cannot be used"],
    ),
    bad("tls_server_config:\n  cert: \"\"\n  key_file: server.key\n", &["cert_file: is missing"]),
    bad(
        "tls_server_config:\n  cert: no certificate\n  key_file: server.key\n",
        &["tls_server_config.cert: holds no certificate"],
    ),
    stricter("tls_server_config:\n  min_version: TLS13\n", &["cert_file: is missing"], TRAP),
    // Certificates of clients.
    good(tls!("  client_auth_type: NoClientCert\n")),
    good(tls!("  client_auth_type: \"\"\n")),
    good(tls!("  client_auth_type: RequestClientCert\n")),
    good(tls!("  client_auth_type: RequireAnyClientCert\n")),
    good(tls!("  client_auth_type: RequireClientCert\n")),
    good(tls!("  client_auth_type: VerifyClientCertIfGiven\n")),
    good(tls!("  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n")),
    good(tls!("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n")),
    good(tls!(
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [a.example, 10.0.0.1]\n"
    )),
    bad(
        tls!("  client_auth_type: RequireAndVerifyClientCerts\n"),
        &["web.yml:4:21", "did you mean \"RequireAndVerifyClientCert\"?"],
    ),
    bad(tls!("  client_ca_file: ca.pem\n"), &["web.yml:4:19", "nobody is asked", "RequireAndVerifyClientCert"]),
    bad(tls!("  client_ca_file: nowhere.pem\n  client_auth_type: RequireAnyClientCert\n"), &["nowhere.pem"]),
    bad(
        tls!(
            "  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: a.example\n  client_ca_file: ca.pem\n"
        ),
        &["client_allowed_sans", "give a list"],
    ),
    stricter(
        tls!("  client_auth_type: RequireAndVerifyClientCert\n"),
        &["client_ca_file"],
        "the authorities of the system would let in strangers",
    ),
    stricter(
        tls!("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: empty.pem\n"),
        &["empty.pem holds no certificate"],
        "nobody could come in",
    ),
    stricter(
        tls!("  client_allowed_sans: [a.example]\n"),
        &["nobody is asked for a certificate with these names"],
        TRAP,
    ),
    // Versions, suites, curves.
    good(tls!("  min_version: TLS12\n  max_version: TLS13\n")),
    good(tls!("  min_version: TLS13\n")),
    good(tls!("  max_version: TLS12\n")),
    bad(tls!("  min_version: TLS111\n"), &["web.yml:4:16", "did you mean"]),
    bad(tls!("  min_version: 1.2\n"), &["min_version", "Known: TLS12, TLS13"]),
    stricter(tls!("  min_version: TLS10\n"), &["TLS10 is too old", "write TLS12"], NOT_OURS),
    stricter(tls!("  max_version: TLS11\n"), &["TLS11 is too old", "write TLS12"], NOT_OURS),
    stricter(tls!("  min_version: TLS13\n  max_version: TLS12\n"), &["is above max_version"], "nobody could come in"),
    good(tls!("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n")),
    good(tls!(
        "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256]\n  prefer_server_cipher_suites: false\n"
    )),
    good(tls!("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n  min_version: TLS13\n")),
    good(concat!(
        tls!("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\n"),
        "http_server_config: {http2: false}\n"
    )),
    bad(
        tls!("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]\n"),
        &["web.yml:4:19", "did you mean \"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\"?"],
    ),
    bad(tls!("  cipher_suites: TLS_AES_128_GCM_SHA256\n"), &["cipher_suites", "give a list"]),
    stricter(
        tls!("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"),
        &["HTTP/2 needs", "http2: false"],
        "the toolkit's server refuses to start on it",
    ),
    stricter(
        tls!("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n"),
        &["CBC", "write TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 instead"],
        NOT_OURS,
    ),
    stricter(
        tls!("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA]\n"),
        &["write TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 instead"],
        NOT_OURS,
    ),
    good(tls!("  curve_preferences: [X25519, CurveP256, CurveP384]\n")),
    bad(tls!("  curve_preferences: [CurveP257]\n"), &["did you mean \"CurveP256\"?"]),
    stricter(tls!("  curve_preferences: [CurveP521]\n"), &["write CurveP384 instead"], NOT_OURS),
    bad(tls!("  prefer_server_cipher_suites: perhaps\n"), &["web.yml:4:32", "true or false"]),
    // HTTP.
    good("http_server_config:\n  http2: false\n"),
    good("http_server_config:\n  http2: Off\n"),
    bad("http_server_config:\n  http2: \"false\"\n", &["http_server_config.http2", "without quotes"]),
    bad("http_server_config:\n  http3: true\n", &["did you mean \"http2\"?"]),
    good(
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=31536000; includeSubDomains\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1\n    Content-Security-Policy: \"default-src 'self'\"\n",
    ),
    good("http_server_config:\n  headers:\n    Content-Security-Policy:\n    X-Frame-Options: sameorigin\n"),
    bad("http_server_config:\n  headers:\n    X-Frame-Options: foo\n", &["web.yml:3:5", "write deny or sameorigin"]),
    bad("http_server_config:\n  headers:\n    X-Content-Type-Options: sniff\n", &["write nosniff"]),
    bad(
        "http_server_config:\n  headers:\n    Content-Type: foo\n",
        &["headers.Content-Type: this header cannot be set"],
    ),
    bad("http_server_config:\n  headers:\n    x-frame-options: deny\n", &["did you mean \"X-Frame-Options\"?"]),
    bad("http_server_config:\n  headers: [X-Frame-Options]\n", &["headers", "a name and a value"]),
    stricter(
        "http_server_config:\n  headers:\n    X-XSS-Protection: \"1\\nSet-Cookie: a\"\n",
        &["keep it on one line"],
        "it would be cut into two headers",
    ),
    // Users.
    good(user!("$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu")),
    good(user!("\"$2a$04$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu\"")),
    good("basic_auth_users: {}\n"),
    bad(user!("doe"), &["web.yml:2:3", "basic_auth_users.ada: is no bcrypt hash", "htpasswd"]),
    bad(user!(""), &["is no bcrypt hash"]),
    bad(user!("$2y$03$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"), &["is no bcrypt hash"]),
    bad(user!("$2y$32$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"), &["is no bcrypt hash"]),
    bad(user!("$1$qRTBuFoU$LoYNA7AQF3cktrZBPyjV640"), &["is no bcrypt hash"]),
    bad("basic_auth_users: [ada]\n", &["basic_auth_users", "a name and a value"]),
    bad(
        "basic_auth_users:\n  ada: $2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu\n  ada: $2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu\n",
        &["web.yml:3:3", "line 2 already"],
    ),
    stricter(
        "basic_auth_users:\n  a:b: $2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu\n",
        &["colon"],
        "nobody could ever log in by that name",
    ),
    // Limits.
    good("rate_limit: {interval: 1s, burst: 20}\n"),
    good("rate_limit: {interval: \"1m30.5s\", burst: 1}\n"),
    good("rate_limit: {interval: 0, burst: 0}\n"),
    good("rate_limit: {interval: 1s}\n"),
    bad("rate_limit: {interval: 1 second}\n", &["rate_limit.interval", "1m30s"]),
    stricter(
        "rate_limit: {interval: 1.5, burst: 2}\n",
        &["rate_limit.interval", "1m30s"],
        "it would be a nanosecond",
    ),
    bad("rate_limit: {interval: 1s, burst: many}\n", &["rate_limit.burst", "whole number"]),
    bad("rate_limit: {intervall: 1s}\n", &["did you mean \"interval\"?"]),
];

const fn good(text: &'static str) -> Case {
    Case { text, verdict: Good }
}

const fn bad(text: &'static str, parts: &'static [&'static str]) -> Case {
    Case { text, verdict: Bad(parts) }
}

const fn stricter(text: &'static str, parts: &'static [&'static str], why: &'static str) -> Case {
    Case { text, verdict: Stricter(parts, why) }
}
