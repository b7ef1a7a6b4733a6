//! KMS instances.

use jiff::Timestamp;
use serde_json::{Value, json};

/// The product version of hardware key management instances.
const HARDWARE: &str = "5";
/// That of software key management instances.
const SOFTWARE: &str = "3";

/// A KMS instance.
#[derive(Debug, Clone)]
pub struct Instance {
    pub id: String,
    /// `ProductVersion`, which tells the edition.
    pub version: String,
    /// `Uninitialized`, `Connecting`, `Connected`, `Disconnected` or `Error`.
    pub status: String,
    pub sale_status: String,
    pub charge: String,
    /// RFC 3339.
    pub ends: Option<String>,
    /// More members of the answer, or others in their place.
    pub more: Value,
}

impl Instance {
    /// A connected hardware key management instance, which needs the role.
    pub fn hardware(id: &str) -> Self {
        Self::of(id, HARDWARE)
    }

    /// A connected software key management instance, which does not need it.
    pub fn software(id: &str) -> Self {
        Self::of(id, SOFTWARE)
    }

    /// An instance of any product version.
    pub fn of(id: &str, version: &str) -> Self {
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
            status: "Connected".to_owned(),
            sale_status: "Normal".to_owned(),
            charge: "PREPAY".to_owned(),
            ends: Some("2099-10-05T16:00:00Z".to_owned()),
            more: json!({}),
        }
    }

    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    pub fn sale_status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.sale_status);
        self
    }

    /// The same with an end.
    pub fn ends(mut self, at: Timestamp) -> Self {
        self.ends = Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        self
    }

    /// The same, paid by use and without an end.
    pub fn pay_as_you_go(mut self) -> Self {
        "POSTPAY".clone_into(&mut self.charge);
        self.ends = None;
        self
    }

    /// The same with another member of the answer.
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.more[member] = value;
        self
    }

    pub fn arn(&self, account: &str, region: &str) -> String {
        format!("acs:kms:{region}:{account}:keystore/{}", self.id)
    }

    /// As `ListKmsInstances` has it: no status, no edition, no end.
    pub fn listed(&self, account: &str, region: &str) -> Value {
        json!({"KmsInstanceId": self.id, "KmsInstanceArn": self.arn(account, region)})
    }

    /// As `GetKmsInstance` answers it.
    pub fn shown(&self, account: &str, region: &str) -> Value {
        let product = if self.charge == "PREPAY" { "kms_ddi_public_cn" } else { "kms_ppi_public_cn" };
        let mut shown = json!({
            "InstanceId": self.id,
            "InstanceName": format!("name of {}", self.id),
            "Status": self.status,
            "SaleStatus": self.sale_status,
            "ChargeType": self.charge,
            "ProductType": product,
            "ProductVersion": self.version,
            "CreateTime": "2025-10-05T08:30:00Z",
            "StartDate": "2025-10-05T08:30:00Z",
            "KeyNum": 1000,
            "SecretNum": "100",
            "Spec": 2000,
            "Log": "0",
            "LogStorage": 0,
            "VpcId": "vpc-fake0001",
            "VpcNum": 1,
            "VswitchIds": ["vsw-fake0001"],
            "ZoneIds": [format!("{region}-h"), format!("{region}-i")],
            "BindVpcs": {"BindVpc": [
                {"RegionId": region, "VSwitchId": "vsw-fake0001", "VpcId": "vpc-fake0001", "VpcOwnerId": account},
            ]},
            "CaCertificateChainPem": "-----BEGIN CERTIFICATE-----\nFAKE\n-----END CERTIFICATE-----",
            "DeletionProtection": "false",
        });
        if let Some(ends) = &self.ends {
            shown["EndDate"] = json!(ends);
        }
        for (member, value) in self.more.as_object().into_iter().flatten() {
            shown[member] = value.clone();
        }
        shown
    }
}
