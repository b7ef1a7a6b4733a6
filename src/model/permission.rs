//! What somebody has to permit so that roletrail can read: plain data, before it becomes a policy in some language.

use std::collections::BTreeSet;

/// A partition of AWS: a separate set of Regions with ARNs of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Partition {
    /// The commercial Regions.
    #[default]
    Aws,
    /// `GovCloud` (US).
    AwsUsGov,
    /// China.
    AwsCn,
}

/// A text that names no partition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no partition: aws, aws-us-gov and aws-cn are")]
pub struct ParsePartitionError(String);

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 3] = [Self::Aws, Self::AwsUsGov, Self::AwsCn];

    /// Its name, as the second part of ARNs has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsCn => "aws-cn",
        }
    }
}

impl std::str::FromStr for Partition {
    type Err = ParsePartitionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|partition| partition.name() == text);
        found.ok_or_else(|| ParsePartitionError(text.to_owned()))
    }
}

/// Actions that are allowed on resources: one statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id: letters and digits only, as IAM asks for. Begins with `Hub` where only the account that roletrail
    /// runs in can use it. RAM has no ids.
    pub sid: &'static str,
    /// Actions, `service:Name`.
    pub actions: Vec<&'static str>,
    /// ARNs, or `*` where the actions know no resources.
    pub resources: Vec<String>,
    /// Whether the role in every other account needs it too. The account that roletrail runs in is read with the
    /// program's own credentials, which need every statement.
    pub in_members: bool,
    /// Whether the names of its actions follow a rule of the provider's and stand in none of its documents.
    pub inferred: bool,
}

/// Everything that has to be permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// What, in a stable order.
    pub statements: Vec<Statement>,
    /// The roles of other accounts; `None` where no other account is entered.
    pub members: Option<MemberRoles>,
}

impl Permissions {
    /// The part of it that allows these actions; statements without any of them are left out.
    #[must_use]
    pub fn only(mut self, wanted: &BTreeSet<String>) -> Self {
        for statement in &mut self.statements {
            statement.actions.retain(|action| wanted.contains(*action));
        }
        self.statements.retain(|statement| !statement.actions.is_empty());
        self
    }

    /// Every action.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.statements.iter().flat_map(|statement| statement.actions.iter().copied())
    }

    /// The statements that the role of another account needs.
    pub fn in_members(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.in_members)
    }

    /// Whether objects of a trail's bucket are read, which may be encrypted with a key of the customer's.
    #[must_use]
    pub fn reads_trail_objects(&self) -> bool {
        self.statements.iter().any(|statement| statement.actions.contains(&"s3:GetObject"))
    }
}

/// The roles that are assumed in other accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRoles {
    /// Their names, each with its path before it where it has one (`team/reader`).
    pub names: Vec<String>,
    /// The external id that their trust policies ask for.
    pub external_id: ExternalId,
}

/// The external id of the roles in other accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalId {
    /// None is configured; whoever makes the roles may still choose one.
    Optional,
    /// This one.
    Known(String),
    /// It differs from source to source: whoever makes a role has to say which.
    Differs,
}
