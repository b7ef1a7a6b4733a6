//! Ordinary records of an AWS account: what fills a trail and concerns no watched role.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::organisation::SimulatedAccount;
use super::super::random::Random;
use super::cloudtrail::{Call, Setting, assume_role, service, session, user, write};

/// Roles under which programs of an account run, each with the number of sessions seen at a time.
const WORKLOADS: [&str; 6] =
    ["orders-api", "billing-worker", "eks-node-group", "service-role/log-shipper", "deploy-pipeline", "data-export"];
/// Instances and other runs of programs whose sessions are seen.
const RUNS: u64 = 3_000;
/// Services that assume roles of the account for their own work.
const SERVICES: [&str; 5] = [
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "states.amazonaws.com",
    "events.amazonaws.com",
];
/// People with a user in the account.
const PEOPLE: [&str; 4] = ["lena.fischer", "tomasz.nowak", "amara.okafor", "jun.takeda"];
/// Kinds of records with their weights: how often each is seen in a hundred.
const MIX: [(Kind, u64); 8] = [
    (Kind::Assumption, 18),
    (Kind::Inventory, 24),
    (Kind::KeyUse, 20),
    (Kind::Instance, 10),
    (Kind::LogStream, 12),
    (Kind::Bucket, 8),
    (Kind::Identity, 5),
    (Kind::Refused, 3),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Assumption,
    Inventory,
    KeyUse,
    Instance,
    LogStream,
    Bucket,
    Identity,
    Refused,
}

struct Scene<'a> {
    account: &'a str,
    region: &'a str,
    at: Timestamp,
}

/// One record, of a kind that chance picks.
pub(super) fn record(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    let scene = Scene { account: &account.id, region, at };
    let mut ticket = random.below(MIX.iter().map(|(_, weight)| weight).sum());
    for (kind, weight) in MIX {
        if ticket < weight {
            return scene.record(kind, random);
        }
        ticket -= weight;
    }
    scene.record(Kind::Inventory, random)
}

impl Scene<'_> {
    fn record(&self, kind: Kind, random: &mut Random) -> Value {
        match kind {
            Kind::Assumption => self.assumption(random),
            Kind::Inventory => self.inventory(random),
            Kind::KeyUse => self.key_use(random),
            Kind::Instance => self.instance(random),
            Kind::LogStream => self.log_stream(random),
            Kind::Bucket => self.bucket(random),
            Kind::Identity => self.identity(random),
            Kind::Refused => self.refused(random),
        }
    }

    fn write(&self, call: Call, identity: Value, by: Option<&str>, random: &mut Random) -> Value {
        self.finish(call, identity, by, None, random)
    }

    fn finish(
        &self,
        call: Call,
        identity: Value,
        by: Option<&str>,
        error: Option<(&str, &str)>,
        random: &mut Random,
    ) -> Value {
        let event_id = random.uuid();
        let setting = Setting {
            account: self.account,
            region: self.region,
            at: self.at,
            event_id,
            identity,
            service: by,
            error,
        };
        write(call, setting, random)
    }

    fn workload(&self, random: &mut Random) -> Value {
        let role = *random.pick(&WORKLOADS);
        let run = format!("i-0{}", Random::new(random.below(RUNS)).hex(16));
        let started = self.at - SignedDuration::from_mins(i64::try_from(random.below(50)).unwrap_or(0));
        session(self.account, role, &run, started)
    }

    fn assumption(&self, random: &mut Random) -> Value {
        let (role, by) = (*random.pick(&WORKLOADS), *random.pick(&SERVICES));
        let arn = format!("arn:aws:iam::{}:role/{role}", self.account);
        let run = format!("{}-{}", by.split('.').next().unwrap_or_default(), random.hex(17));
        let id = format!("AROAEXAMPLE{}", Random::named(0, &["role", self.account, role]).id(10));
        let call = assume_role(&arn, &id, &run, self.region, self.at, random);
        self.write(call, service(by), Some(by), random)
    }

    fn inventory(&self, random: &mut Random) -> Value {
        let (source, name, request) = match random.below(5) {
            0 => (
                "ec2",
                "DescribeInstances",
                json!({"instancesSet": {}, "filterSet": {"items": [{"name": "instance-state-name", "valueSet": {"items": [{"value": "running"}]}}]}}),
            ),
            1 => ("ec2", "DescribeVolumes", json!({"maxResults": 500, "volumeSet": {}, "filterSet": {}})),
            2 => (
                "elasticloadbalancing",
                "DescribeTargetHealth",
                json!({"targetGroupArn": format!("arn:aws:elasticloadbalancing:{}:{}:targetgroup/orders/{}", self.region, self.account, random.hex(16))}),
            ),
            3 => ("autoscaling", "DescribeAutoScalingGroups", json!({"maxRecords": 100})),
            _ => (
                "rds",
                "DescribeDBInstances",
                json!({"dBInstanceIdentifier": format!("orders-{}", random.below(12))}),
            ),
        };
        let call = Call::new(&format!("{source}.amazonaws.com"), name, true, request, Value::Null);
        let identity = self.workload(random);
        self.write(call, identity, None, random)
    }

    fn key_use(&self, random: &mut Random) -> Value {
        let key = Random::named(random.below(8), &["key", self.account, self.region]).uuid();
        let arn = format!("arn:aws:kms:{}:{}:key/{key}", self.region, self.account);
        let context = json!({"aws:s3:arn": format!("arn:aws:s3:::orders-{}/{}", self.account, random.name(16))});
        let (name, request) = if random.below(3) == 0 {
            ("GenerateDataKey", json!({"keyId": arn, "keySpec": "AES_256", "encryptionContext": context}))
        } else {
            ("Decrypt", json!({"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
        };
        let mut call = Call::new("kms.amazonaws.com", name, true, request, Value::Null);
        call.additional = Some(json!({"keyMaterialId": Random::named(1, &[&key]).hex(64)}));
        call.resource = Some(("AWS::KMS::Key", arn));
        let mut identity = self.workload(random);
        identity["invokedBy"] = json!("s3.amazonaws.com");
        self.write(call, identity, Some("s3.amazonaws.com"), random)
    }

    fn instance(&self, random: &mut Random) -> Value {
        let instance = format!("i-0{}", Random::new(random.below(RUNS)).hex(16));
        let request = json!({
            "instanceId": instance,
            "agentVersion": "3.3.2746.0",
            "agentStatus": "Active",
            "platformType": "Linux",
            "platformName": "Amazon Linux",
            "platformVersion": "2023",
            "iPAddress": random.address(),
            "computerName": format!("ip-{}.{}.compute.internal", random.below(250), self.region),
        });
        let call = Call::new("ssm.amazonaws.com", "UpdateInstanceInformation", false, request, Value::Null);
        let identity = self.workload(random);
        self.write(call, identity, None, random)
    }

    fn log_stream(&self, random: &mut Random) -> Value {
        let request = json!({
            "logGroupName": format!("/aws/lambda/{}", random.pick(&WORKLOADS)),
            "logStreamName": format!("{}[$LATEST]{}", self.at.strftime("%Y/%m/%d/"), random.hex(32)),
        });
        let call = Call::new("logs.amazonaws.com", "CreateLogStream", false, request, Value::Null);
        let identity = self.workload(random);
        self.write(call, identity, None, random)
    }

    fn bucket(&self, random: &mut Random) -> Value {
        let bucket = format!("orders-{}-{}", self.account, random.below(9));
        let request = json!({"bucketName": bucket, "Host": format!("s3.{}.amazonaws.com", self.region), "acl": ""});
        let mut call = Call::new("s3.amazonaws.com", "GetBucketAcl", true, request, Value::Null);
        call.additional = Some(json!({
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": format!("{}=", random.id(75)),
            "bytesTransferredOut": random.between(300, 900),
        }));
        call.resource = Some(("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}")));
        self.write(call, service("cloudtrail.amazonaws.com"), Some("cloudtrail.amazonaws.com"), random)
    }

    fn identity(&self, random: &mut Random) -> Value {
        let request = json!({"roleName": random.pick(&WORKLOADS).rsplit('/').next()});
        let call = Call::new("iam.amazonaws.com", "GetRole", true, request, Value::Null);
        let person = *random.pick(&PEOPLE);
        self.write(call, user(self.account, person), None, random)
    }

    fn refused(&self, random: &mut Random) -> Value {
        let person = *random.pick(&PEOPLE);
        let message = format!(
            "User: arn:aws:iam::{0}:user/{person} is not authorized to perform: secretsmanager:GetSecretValue on resource: orders/database because no identity-based policy allows the secretsmanager:GetSecretValue action",
            self.account
        );
        let call = Call::new("secretsmanager.amazonaws.com", "GetSecretValue", true, Value::Null, Value::Null);
        self.finish(call, user(self.account, person), None, Some(("AccessDenied", &message)), random)
    }
}
