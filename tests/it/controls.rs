//! Controls of the user's own, and the map of all of them.

use serde_json::Value;

use crate::exceptions::{finding, intruded};
use crate::support::Workplace;

const OWN: &str = "[[control]]\nframework = \"House Rules\"\nversion = \"3\"\nid = \"KEY-7\"\nunverified = true\n\
    supports = \"shows who used the role\"\nrules = [\"unexpected-assumer\"]\n";

fn frameworks(place: &Workplace) -> Vec<String> {
    let rows = place.list(&["rules", "controls"]);
    let mut names: Vec<_> = rows.iter().map(|row| row["framework"].as_str().expect("a name").to_owned()).collect();
    names.dedup();
    names
}

#[test]
fn the_map_is_printed_whole_or_for_one_framework_or_rule() {
    let place = Workplace::new();
    assert!(frameworks(&place).len() >= 6, "{:?}", frameworks(&place));
    for name in ["PCI DSS", "pci dss 4.0.1"] {
        let rows = place.list(&["rules", "controls", "--framework", name]);
        assert!(!rows.is_empty() && rows.iter().all(|row| row["framework"] == "PCI DSS 4.0.1"), "{name}");
    }
    let rows = place.list(&["rules", "controls", "--rule", "trust-drift"]);
    let names_it = |row: &Value| row["rules"].to_string().contains("trust-drift");
    assert!(!rows.is_empty() && rows.iter().all(names_it));
    let told = place.ends(&["rules", "controls", "--framework", "PCI"], 3).stderr;
    assert!(told.contains("known are PCI DSS 4.0.1"), "{told}");
    place.ends(&["rules", "controls", "--rule", "trust-drif"], 3);
    let table = place.ends(&["rules", "controls", "--format", "table"], 0).stdout;
    assert!(table.contains("FRAMEWORK") && table.contains("SC-12(6)"));
    let explained = place.ends(&["rules", "explain", "trust-drift", "--format", "table"], 0).stdout;
    assert!(explained.contains("Controls that it supports\nPCI DSS 4.0.1 7.2.1"), "{explained}");
}

#[test]
fn controls_of_ones_own_stand_beside_the_built_in_ones_or_instead() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    let built_in = frameworks(&place);
    place.write("own.toml", OWN);
    place.write("roletrail.toml", "[controls]\nfile = \"own.toml\"\n");
    assert_eq!(frameworks(&place).len(), built_in.len() + 1);
    place.write("roletrail.toml", "[controls]\nfile = \"own.toml\"\nreplace = true\n");
    assert_eq!(frameworks(&place), ["House Rules 3"]);
    let shown = place.json(&["findings", "show", &id], 0);
    assert_eq!(
        shown["controls"].to_string(),
        "[{\"framework\":\"House Rules 3\",\"id\":\"KEY-7\",\"unverified\":true}]"
    );
    let table = place.ends(&["findings", "show", &id, "--format", "table"], 0).stdout;
    assert!(table.contains("supports    House Rules 3 KEY-7 (unverified)"), "{table}");
}

#[test]
fn a_wrong_file_is_told_with_its_place_before_anything_is_done() {
    let place = intruded(&["mallory"]);
    place.write("own.toml", OWN.replace("unexpected-assumer", "unexpected-asumer"));
    place.write("roletrail.toml", "[controls]\nfile = \"own.toml\"\n");
    for arguments in [&["rules", "controls"][..], &["findings"], &["analyze"], &["config", "check"]] {
        let told = place.ends(arguments, 3).stderr;
        for part in ["own.toml:7:9: control[0].rules: ", "did you mean \"unexpected-assumer\""] {
            assert!(told.contains(part), "{arguments:?} {part}: {told}");
        }
    }
    place.write("roletrail.toml", "[controls]\nfile = \"no.toml\"\n");
    assert!(place.ends(&["findings"], 3).stderr.contains("no.toml"));
    place.write("roletrail.toml", "[controls]\nreplace = true\n");
    assert!(place.ends(&["findings"], 3).stderr.contains("controls.replace"));
}
