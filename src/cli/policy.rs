//! `policy`: the least that somebody has to permit.

use std::io::{self, Write};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::output::AnyFormat;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::policies;
use crate::model::{Partition, Permissions};
use crate::sources::aws::permissions;

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
  roletrail policy aws --partition aws-us-gov";

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

#[derive(Debug, Subcommand)]
enum ProviderCommand {
    /// The policy for AWS
    #[command(after_help = AWS_NOTES)]
    Aws(AwsArgs),
    // Hidden until it can answer; a word about it is better than "unknown command".
    #[command(hide = true)]
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
    let ProviderCommand::Aws(aws) = &arguments.provider else {
        let message = "the policy for Alibaba Cloud is not part of this version, which does not call Alibaba Cloud";
        return Err(Failure::usage(message));
    };
    // Chosen before anything is read: a wrong format is wrong for every configuration.
    let print = match arguments.format {
        None | Some(AnyFormat::Json) => policies::json,
        Some(AnyFormat::Terraform) => policies::terraform,
        Some(AnyFormat::Cloudformation) => policies::cloudformation,
        Some(_) => return Err(Failure::usage("a policy is printed as json, terraform or cloudformation")),
    };
    let text = print(&permissions_on_aws(boot, aws.partition)?);
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

/// What the configuration needs; everything where there is none.
fn permissions_on_aws(boot: &Boot, partition: Partition) -> Result<Permissions, Failure> {
    let loaded = boot.settings()?;
    let Some(file) = &loaded.file else { return Ok(permissions::everything(partition)) };
    let needed = permissions::needed(&loaded.settings, &boot.profiles(&loaded)?, partition);
    if needed.statements.is_empty() {
        // IAM knows no policy without a statement, so that there is nothing valid to print.
        return Err(Failure::usage(format!(
            "{} needs no permission on AWS: none of its [[aws]] sources has accounts or a trail that is read from AWS",
            file.display()
        )));
    }
    Ok(needed)
}
