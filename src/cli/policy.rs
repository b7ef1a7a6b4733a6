//! `policy`: the least that somebody has to permit.

use std::io::{self, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::output::AnyFormat;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::config::Loaded;
use crate::exports::policies;
use crate::model::{Partition, Permissions};
use crate::sources::{alibaba, aws};

/// Arguments of `policy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PolicyArgs {
    #[command(subcommand)]
    provider: ProviderCommand,
    /// How it is printed: json, terraform or cloudformation [default: json]
    // It takes the place of the option of every command, which has the same id: another list of formats.
    #[arg(long, global = true, value_parser = policy_format(), hide_possible_values = true)]
    format: Option<AnyFormat>,
}

const EXAMPLES: &str = "\
Examples:
  roletrail policy aws                                   every permission that roletrail can use
  roletrail policy aws --config roletrail.toml           only what that configuration needs
  roletrail policy aws --format terraform > roletrail.tf
  roletrail policy aws --format cloudformation           one template for all accounts
  roletrail policy aws --partition aws-us-gov
  roletrail policy alibaba --format terraform            for Alibaba Cloud";

const AWS_NOTES: &str = "\
With a configuration (--config, ROLETRAIL_CONFIG, or roletrail.toml in the working directory)
the policy has only what that configuration needs, else everything.

The document of --format json is for the role or user that roletrail runs as. Statements whose
Sid begins with Hub find and enter other accounts, those that begin with Trail read buckets and
queues; the role in every other account needs only those that begin with Read. Terraform and
CloudFormation make that role too.

Without a configuration no bucket is known: objects of trails can be read in all of them.

A trail whose objects are encrypted with a KMS key of your own needs kms:Decrypt on that key,
in this policy and in the key's own. Terraform and CloudFormation take the key's ARN.

Examples:
  roletrail policy aws --format cloudformation > stackset.yaml
  roletrail policy aws --config roletrail.toml --format terraform > roletrail.tf";

const ALIBABA_NOTES: &str = "\
With a configuration (--config, ROLETRAIL_CONFIG, or roletrail.toml in the working directory)
the policy has only what that configuration needs, else everything.

The document of --format json is for the role or user that roletrail runs as. Its statements of
sts and resourcemanager enter and find other accounts, those of oss read buckets; the role in
every other account needs only the rest. Terraform makes that role too, with its trust policy.
There is no template for Resource Orchestration Service (ROS).

The documentation of RAM has no names for the actions that permit ListKmsInstances,
GetKmsInstance, ListClusters and GetServiceLinkedRoleDeletionStatus: theirs are inferred from the
names of the APIs, as those of all others are formed, and stand in a statement of their own.
`roletrail doctor` tells whether they grant what they should.

Without a configuration no bucket is known: objects of trails can be read in all of them.

Examples:
  roletrail policy alibaba > policy.json
  roletrail policy alibaba --config roletrail.toml --format terraform > roletrail.tf";

#[derive(Debug, Subcommand)]
enum ProviderCommand {
    /// The policy for AWS
    #[command(after_help = AWS_NOTES)]
    Aws(AwsArgs),
    /// The policy for Alibaba Cloud
    #[command(after_help = ALIBABA_NOTES)]
    Alibaba,
}

#[derive(Debug, Args)]
struct AwsArgs {
    /// Partition of the accounts: aws, aws-us-gov or aws-cn
    #[arg(long, value_name = "NAME", default_value = "aws", value_parser = partition(), hide_possible_values = true)]
    partition: Partition,
}

fn policy_format() -> impl TypedValueParser<Value = AnyFormat> {
    let names = PossibleValuesParser::new(["json", "terraform", "cloudformation"]);
    names.try_map(|name| <AnyFormat as clap::ValueEnum>::from_str(&name, false))
}

fn partition() -> impl TypedValueParser<Value = Partition> {
    PossibleValuesParser::new(Partition::ALL.map(Partition::name)).try_map(|name| name.parse::<Partition>())
}

/// Prints a policy.
///
/// # Errors
/// [`Failure`] for a configuration that is wrong or needs nothing, and for a format that no policy has.
pub fn run(boot: &Boot, arguments: &PolicyArgs) -> Result<Exit, Failure> {
    // Chosen before anything is read: a wrong format is wrong for every configuration.
    let text = match &arguments.provider {
        ProviderCommand::Aws(aws) => {
            let print = format_on_aws(arguments.format)?;
            print(&permissions_on_aws(boot, aws.partition)?)
        }
        ProviderCommand::Alibaba => {
            let print = format_on_alibaba(arguments.format)?;
            print(&permissions_on_alibaba(boot)?)
        }
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

/// How a policy is written down.
type Print = fn(&Permissions) -> String;

fn format_on_aws(format: Option<AnyFormat>) -> Result<Print, Failure> {
    match format {
        None | Some(AnyFormat::Json) => Ok(policies::json),
        Some(AnyFormat::Terraform) => Ok(policies::terraform),
        Some(AnyFormat::Cloudformation) => Ok(policies::cloudformation),
        Some(_) => Err(Failure::usage("a policy is printed as json, terraform or cloudformation")),
    }
}

fn format_on_alibaba(format: Option<AnyFormat>) -> Result<Print, Failure> {
    match format {
        None | Some(AnyFormat::Json) => Ok(policies::ram_json),
        Some(AnyFormat::Terraform) => Ok(policies::ram_terraform),
        Some(AnyFormat::Cloudformation) => Err(Failure::usage(
            "CloudFormation is of AWS, and no template for Resource Orchestration Service (ROS) is offered in its \
             place; use --format terraform or --format json",
        )),
        Some(_) => Err(Failure::usage("a policy for Alibaba Cloud is printed as json or terraform")),
    }
}

/// What the configuration needs; everything where there is none.
fn permissions_on_aws(boot: &Boot, partition: Partition) -> Result<Permissions, Failure> {
    let loaded = boot.settings()?;
    if loaded.file.is_none() {
        return Ok(aws::permissions::everything(partition));
    }
    let needed = aws::permissions::needed(&loaded.settings, &boot.profiles(&loaded)?, partition);
    some(needed, &loaded, "on AWS", "[[aws]] sources has accounts or a trail that is read from AWS")
}

/// The same on Alibaba Cloud.
fn permissions_on_alibaba(boot: &Boot) -> Result<Permissions, Failure> {
    let loaded = boot.settings()?;
    if loaded.file.is_none() {
        return Ok(alibaba::permissions::everything());
    }
    let needed = alibaba::permissions::needed(&loaded.settings, &boot.profiles(&loaded)?);
    let what = "[[alibaba]] sources has accounts or a trail that is read from Alibaba Cloud";
    some(needed, &loaded, "on Alibaba Cloud", what)
}

/// Neither provider knows a policy without a statement, so that there is nothing valid to print where nothing is needed.
fn some(needed: Permissions, loaded: &Loaded, place: &str, what: &str) -> Result<Permissions, Failure> {
    if needed.statements.is_empty() {
        let file = loaded.file.as_ref().map_or_else(String::new, |file| file.display().to_string());
        return Err(Failure::usage(format!("{file} needs no permission {place}: none of its {what}")));
    }
    Ok(needed)
}
