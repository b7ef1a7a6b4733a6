//! Where a role and its stores stand: what inventory shows, and what the trail lets one infer where there is none.

/// Where the role of one profile and the stores that it serves stand in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {}
