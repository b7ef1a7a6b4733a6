//! ASFF, the finding format of AWS Security Hub. Security Hub takes a batch from the account that the findings are
//! about, in their Region, and at most a hundred at once: so each file holds findings of one account and Region. It
//! knows AWS accounts alone; what is left out stands in a note beside the files.

mod shape;

use std::collections::BTreeMap;

use self::shape::{
    Batch, Compliance, Details, Finding, Note, Recommendation, Remediation, Resource, RoleDetails, SeverityFields,
    Workflow,
};
use super::field::{Times, control_name, coverage, filled, is_about_events, partition, role_name};
use super::file::json;
use super::{Report, ReportFile, ReportFinding};
use crate::exports::json::FindingJson;
use crate::model::{EventOutcome, FindingStatus, Fixer, Partition, Provider, Severity};

/// What the files hold and what they do not.
pub(super) const ABOUT: &str = "ASFF: batches for BatchImportFindings of AWS Security Hub, each with at \
    most 100 findings of one AWS account and Region, to be imported by that account in that Region. Findings of \
    Alibaba Cloud are not in them, nor is coverage or positive proof: no file, or a short one, is no all-clear.";

/// `BatchImportFindings` takes no more at once.
const BATCH: usize = 100;
/// Longest id, generator and recommendation.
const LINE: usize = 512;
/// Longest title.
const TITLE: usize = 256;
/// Longest description.
const DESCRIPTION: usize = 1_024;
/// Longest value of a product field.
const VALUE: usize = 2_048;
/// Longest name of a Region.
const REGION: usize = 16;
/// Most related requirements, and the longest of them.
const REQUIREMENTS: (usize, usize) = (32, 64);
/// Digits of an AWS account id.
const ACCOUNT_DIGITS: usize = 12;

/// Writes the batches, and a note where there is none or a finding is left out.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    let (taken, left): (Vec<_>, Vec<_>) = report.findings.iter().partition(|found| is_importable(&found.finding));
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for found in &taken {
        places.entry((found.finding.account.as_ref(), region(&found.finding))).or_default().push(*found);
    }
    let mut files = Vec::new();
    for ((account, region), findings) in places {
        for (number, batch) in findings.chunks(BATCH).enumerate() {
            let name = report.file_name(&format!("findings-{account}-{region}-{}", number + 1), "asff.json");
            let batch = batch.to_vec();
            files.push(ReportFile::new(name, "application/json", move |out| {
                json(out, &Batch { findings: batch.iter().map(|found| finding(report, found)).collect() })
            }));
        }
    }
    if taken.is_empty() || !left.is_empty() {
        files.push(note(report, taken.len(), &left));
    }
    files
}

/// Whether Security Hub knows the account.
fn is_importable(finding: &FindingJson) -> bool {
    finding.provider == Provider::Aws
        && finding.account.len() == ACCOUNT_DIGITS
        && finding.account.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what is missing, because an empty batch cannot be written and a silent omission would look like an all-clear.
fn note(report: &Report, taken: usize, left: &[&ReportFinding]) -> ReportFile<'static> {
    let mut text = format!("{ABOUT}\n\nCoverage of the period is {}.\n\n", coverage(report));
    text += &match taken {
        0 => "No finding of the period is about an AWS account, so there is no batch.\n".to_owned(),
        some => format!("The batches hold {some} findings.\n"),
    };
    if !left.is_empty() {
        text += &format!("\nLeft out, because they are not about an AWS account ({}):\n", left.len());
        for found in left {
            let finding = &found.finding;
            let (id, severity, status) = (&finding.id, finding.severity.as_str(), finding.status.as_str());
            text += &format!("{id}  {severity}  {status}  {}  {}\n", finding.provider.as_str(), finding.rule);
        }
    }
    ReportFile::of_text(report.file_name("findings", "asff.txt"), "text/plain; charset=utf-8", text)
}

/// The finding's Region, or the one in which its partition keeps what has none.
fn region(finding: &FindingJson) -> String {
    let is_name = |region: &&str| {
        (1..=REGION).contains(&region.len())
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let home = match partition(finding.role.as_deref()) {
        Partition::Aws => "us-east-1",
        Partition::AwsUsGov => "us-gov-west-1",
        Partition::AwsCn => "cn-north-1",
    };
    finding.region.as_deref().filter(is_name).unwrap_or(home).to_owned()
}

fn finding(report: &Report, found: &ReportFinding) -> Finding {
    let finding = &found.finding;
    let times = Times::of(found);
    let (account, region) = (&finding.account, region(finding));
    let partition = partition(finding.role.as_deref()).name();
    let resolved = finding.status == FindingStatus::Resolved;
    Finding {
        schema_version: "2018-10-08",
        id: filled(&finding.id, LINE),
        product_arn: format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        product_name: report.tool.name.clone(),
        company_name: report.tool.name.clone(),
        resources: resources(finding, partition, &region),
        region,
        generator_id: filled(&format!("{}/{}", report.tool.name, finding.rule), LINE),
        aws_account_id: account.as_ref().to_owned(),
        types: [if is_about_events(&finding.rule) { UNUSUAL } else { CONFIGURATION }],
        first_observed_at: times.first_seen.to_string(),
        last_observed_at: times.last_seen.to_string(),
        created_at: times.opened.to_string(),
        updated_at: times.modified.to_string(),
        severity: SeverityFields { label: label(finding.severity), original: finding.severity.as_str() },
        title: filled(&found.title, TITLE),
        description: filled(&finding.summary, DESCRIPTION),
        remediation: Remediation { recommendation: Recommendation { text: recommendation(finding) } },
        product_fields: product_fields(report, found),
        compliance: compliance(finding),
        workflow: Workflow { status: workflow(finding.status) },
        record_state: if resolved { "ARCHIVED" } else { "ACTIVE" },
        note: remark(finding, &times),
    }
}

/// What somebody did.
const UNUSUAL: &str = "Unusual Behaviors";
/// How things are.
const CONFIGURATION: &str = "Software and Configuration Checks";

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

fn workflow(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::Open => "NEW",
        FindingStatus::Excepted => "SUPPRESSED",
        FindingStatus::Resolved => "RESOLVED",
    }
}

fn recommendation(finding: &FindingJson) -> String {
    let who = match finding.fix.who {
        Fixer::Customer => "",
        Fixer::Provider => "The provider: ",
    };
    filled(&format!("{who}{}", finding.fix.how), LINE)
}

/// No control is ever said to be passed: a finding that is resolved says nothing about it.
fn compliance(finding: &FindingJson) -> Compliance {
    let status = match (finding.status, finding.severity) {
        (FindingStatus::Resolved, _) => "NOT_AVAILABLE",
        (FindingStatus::Excepted, _) | (FindingStatus::Open, Severity::Info) => "WARNING",
        (FindingStatus::Open, _) => "FAILED",
    };
    let (most, longest) = REQUIREMENTS;
    let names = finding.controls.iter().take(most);
    let related_requirements = names.map(|control| filled(&control_name(control), longest)).collect();
    Compliance { status, related_requirements }
}

/// Why it is accepted, by whom and until when.
fn remark(finding: &FindingJson, times: &Times) -> Option<Note> {
    let exception = finding.exception.as_ref()?;
    let text = format!(
        "Exception {} until {} ({}, {}): {}",
        exception.id, exception.expires, exception.owner, exception.ticket, exception.reason
    );
    Some(Note { text: filled(&text, LINE), updated_by: "roletrail", updated_at: times.modified.to_string() })
}

/// The role, the store, or the account where it is about neither.
fn resources(finding: &FindingJson, partition: &'static str, region: &str) -> Vec<Resource> {
    let resource = |kind, id: &str, details| Resource {
        kind,
        id: filled(id, LINE),
        partition,
        region: region.to_owned(),
        details,
    };
    let role = finding.role.as_deref().map(|arn| {
        let name = filled(role_name(arn), LINE);
        resource("AwsIamRole", arn, Some(Details { aws_iam_role: RoleDetails { role_name: name } }))
    });
    let store = finding.store.as_deref().map(|id| resource("Other", id, None));
    let mut found: Vec<_> = role.into_iter().chain(store).collect();
    if found.is_empty() {
        found.push(resource("AwsAccount", &format!("AWS::::Account:{}", finding.account), None));
    }
    found
}

/// What ASFF has no member for. A value may not be blank, so what is not there is left out.
fn product_fields(report: &Report, found: &ReportFinding) -> BTreeMap<String, String> {
    let finding = &found.finding;
    let exception = finding.exception.as_ref();
    let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let fields = [
        ("rule", finding.rule.as_ref().to_owned()),
        ("profile", optional(finding.profile.as_deref())),
        ("status", finding.status.as_str().to_owned()),
        ("movement", found.movement.as_str().to_owned()),
        ("basis", finding.basis.as_str().to_owned()),
        ("count", finding.count.to_string()),
        ("actor", optional(finding.actor.as_deref())),
        ("outcome", optional(finding.outcome.map(EventOutcome::as_str))),
        ("events", finding.events.join(" ")),
        ("stale", finding.stale.to_string()),
        ("age_days", found.age_days.to_string()),
        ("clears_when", finding.clears_when.as_ref().to_owned()),
        ("resolved_because", optional(finding.resolved_because.as_deref())),
        ("exception", optional(exception.map(|exception| exception.id.as_str()))),
        ("exception_expires", exception.map(|exception| exception.expires.to_string()).unwrap_or_default()),
        ("report", report.id.clone()),
    ];
    let told = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
    told.map(|(name, value)| (format!("{}/{name}", report.tool.name), filled(&value, VALUE))).collect()
}
