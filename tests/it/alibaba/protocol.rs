//! How answers and errors look: JSON or XML of the RPC products, XML of OSS.

use serde_json::{Value, json};

use crate::fake::{Answer, Errors, Refusal};

/// A form of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Rpc,
    /// Errors in XML, as gateways in front of the products answer them now and then.
    RpcXml,
    Oss,
}

impl Protocol {
    /// An answer in JSON.
    pub fn answer(mut result: Value, request_id: &str) -> Answer {
        result["RequestId"] = json!(request_id);
        envelope(200, "application/json;charset=utf-8", result.to_string().into_bytes(), request_id)
    }

    /// An answer that has its form already.
    pub fn raw(kind: &str, body: Vec<u8>, request_id: &str) -> Answer {
        envelope(200, kind, body, request_id)
    }

    /// An error.
    pub fn error(self, refusal: &Refusal, request_id: &str) -> Answer {
        let (code, message) = (&refusal.code, &refusal.message);
        if self == Self::Rpc {
            let body = json!({
                "RequestId": request_id, "HostId": "fake.aliyuncs.com", "Code": code, "Message": message,
                "Recommend": format!("https://api.aliyun.com/troubleshoot?q={code}"),
            });
            return envelope(
                refusal.status,
                "application/json;charset=utf-8",
                body.to_string().into_bytes(),
                request_id,
            );
        }
        let details: String =
            refusal.details.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(value))).collect();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{}</Message>\
             <RequestId>{request_id}</RequestId><HostId>fake.aliyuncs.com</HostId>{details}</Error>",
            escape(message)
        );
        let kind = if self == Self::Oss { "application/xml" } else { "text/xml;charset=utf-8" };
        envelope(refusal.status, kind, body.into_bytes(), request_id)
    }

    /// How they say that a token is not that of the key.
    pub fn wrong_token(self) -> Refusal {
        if self == Self::Oss {
            return Refusal::malformed(403, "InvalidSecurityToken", "The security token you provided is invalid.");
        }
        let message = "Specified SecurityToken mismatch with the AccessKey.";
        Refusal::malformed(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
    }
}

impl Errors for Protocol {
    fn access_denied(self, who: &str, action: &str) -> Refusal {
        match self {
            Self::Oss => {
                Refusal::new(403, "AccessDenied", "You have no right to access this object because of bucket acl.")
            }
            _ => Refusal::new(403, "NoPermission", format!("{who} is not authorized to do the action {action}.")),
        }
    }

    fn throttled(self) -> Refusal {
        match self {
            Self::Oss => Refusal::new(503, "DownloadTrafficRateLimitExceeded", "The rate limit has been exceeded."),
            _ => Refusal::new(400, "Throttling.User", "Request was denied due to user flow control."),
        }
    }

    fn unwell(self, status: u16) -> Refusal {
        let code = if status == 503 { "ServiceUnavailable" } else { "InternalError" };
        let message = match self {
            Self::Oss => "Please contact the server administrator.",
            _ => "The request processing has failed due to some unknown error.",
        };
        Refusal::new(status, code, message)
    }

    fn unknown_key(self) -> Refusal {
        match self {
            Self::Oss => {
                Refusal::new(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.")
            }
            _ => Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
        }
    }

    fn expired(self) -> Refusal {
        match self {
            Self::Oss => Refusal::new(403, "SecurityTokenExpired", "The security token you provided has expired."),
            _ => Refusal::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
        }
    }
}

fn envelope(status: u16, kind: &str, body: Vec<u8>, request_id: &str) -> Answer {
    let headers = [("content-type", kind), ("x-acs-request-id", request_id), ("x-oss-request-id", request_id)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Answer { status, headers, body }
}

/// Text for XML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
