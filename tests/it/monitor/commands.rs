//! Every command that an alert, a runbook or the README of the dashboards tells people to run is one that there is.

use std::collections::BTreeSet;

use roletrail::exports::runbooks;

use crate::support::Workplace;

/// Commands of the contract that no part of the program has yet.
const PENDING: [&str; 1] = ["backup"];

/// What people put their own words in for, and what stands for that here.
const FILLED: [(&str, &str); 5] = [
    ("{{ $labels.account }}", "111122223333"),
    ("ACCOUNT", "111122223333"),
    ("DAY", "2026-10-01"),
    ("SIZE:ROOT", "0:00"),
    ("ID", "0123abcd"),
];

/// Commands in backticks, and lines that begin with a prompt; comments are left out.
fn commands(text: &str) -> BTreeSet<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let prompted = text.lines().filter_map(|line| line.trim().strip_prefix("$ "));
    let bare = quoted.chain(prompted).map(|command| command.split(" #").next().unwrap_or_default().trim());
    bare.filter_map(|command| command.strip_prefix("roletrail ")).map(str::to_owned).collect()
}

#[test]
fn every_command_that_is_named_is_one_that_there_is() {
    let place = Workplace::new();
    let mut texts: Vec<_> = runbooks::all().iter().map(runbooks::Runbook::markdown).collect();
    texts.push(include_str!("../../../dashboards/alerts/roletrail.yml").to_owned());
    texts.push(include_str!("../../../dashboards/README.md").to_owned());
    let all: BTreeSet<_> = texts.iter().flat_map(|text| commands(text)).collect();
    assert!(20 < all.len(), "{all:?}");
    for command in all {
        let filled = FILLED.iter().fold(command.clone(), |text, (word, value)| text.replace(word, value));
        let mut arguments: Vec<_> = filled.split(' ').map(|word| word.trim_matches('"')).collect();
        // It would be refused before help is given if anything before it were wrong.
        arguments.push("--help");
        let code = place.run(&arguments).code;
        let pending = PENDING.iter().any(|pending| command.starts_with(pending));
        assert_eq!(code != 0, pending, "{command}: exit code {code}");
    }
}
