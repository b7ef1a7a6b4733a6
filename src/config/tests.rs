//! The configuration as a whole: what is accepted, how problems are named, where values come from.

use proptest::prelude::*;

use super::*;

const EXAMPLE: &str = include_str!("../../config/roletrail.example.toml");

fn settings(text: &str) -> Settings {
    parse(text, Path::new("roletrail.toml")).expect("the test's own configuration is right").settings
}

fn problems(text: &str) -> Vec<Problem> {
    match parse(text, Path::new("roletrail.toml")) {
        Err(ConfigError::Invalid { problems }) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

/// Checks that `text` has exactly one problem, whose text holds each of `parts`.
fn check_problem(text: &str, parts: &[&str]) {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{found:?}");
    let shown = found[0].to_string();
    for part in parts {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
}

#[test]
fn an_empty_file_gives_the_defaults() {
    assert_eq!(settings(""), Settings::default());
}

#[test]
fn the_example_parses_and_its_comments_are_the_defaults() {
    let example = settings(EXAMPLE);
    assert_eq!(example.unsupported(), []);
    let sources = Settings { aws: vec![], alibaba: vec![], snapshot: vec![], ..example };
    assert_eq!(sources, Settings::default());
    assert_eq!(settings(&uncommented()), settings(EXAMPLE));
}

/// The example with every commented default in force; a comment without a value is no default, and one whose key has
/// a hyphen is an example of a profile's id.
fn uncommented() -> String {
    let is_default = |line: &&str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', '-']));
    let lines = EXAMPLE.lines().map(|line| line.strip_prefix("# ").filter(is_default).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_names_every_setting() {
    let explained = parse(EXAMPLE, Path::new("x.toml")).expect("the example is right").explain();
    for setting in explained {
        let name = setting.key.rsplit('.').next().expect("a key has a last part");
        let forms = [format!("{name} = "), format!("# {name} "), format!("# {name}\n"), format!(".{name}]")];
        assert!(forms.iter().any(|form| EXAMPLE.contains(form)), "{}", setting.key);
    }
}

#[test]
fn an_unknown_key_names_place_and_nearest_key() {
    check_problem(
        "[web]\n  listen_adress = \"127.0.0.1:1\"\n",
        &["roletrail.toml:2:3", "web.listen_adress", "did you mean \"listen_address\"?"],
    );
    check_problem("[databse]\nurl = \"sqlite://x\"\n", &["roletrail.toml:1:2", "did you mean \"database\"?"]);
    check_problem(
        "[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"files\"\npath = \"x\"\nprefx = \"y\"\n",
        &["aws[0].trail[0].prefx", "kind, path"],
    );
}

#[test]
fn a_wrong_value_is_named_with_what_is_expected() {
    for (text, parts) in [
        ("[collect]\ndeadline = 30\n", &["2:12", "collect.deadline", "the number 30", "\"30m\""][..]),
        ("[collect]\ndeadline = \"0s\"\n", &["collect.deadline", "zero"]),
        ("[collect]\ncalls_in_flight = 0\n", &["out of range", "1 to 10000"]),
        ("[collect]\nkeep = \"relevnt\"\n", &["nearest: \"relevant\""]),
        ("[collect]\nthreads = 0\n", &["2:11", "collect.threads", "1 to 64"]),
        ("[collect]\nthreads = \"two\"\n", &["collect.threads", "a whole number"]),
        ("[collect]\nsha256 = \"yes\"\n", &["collect.sha256", "true or false"]),
        ("[web]\nlisten_address = \"localhost\"\n", &["127.0.0.1:9847"]),
        ("[database]\nurl = \"mysql://x\"\n", &["database.url", "sqlite://PATH"]),
        ("[profiles]\nenable = [\"a\", 1]\n", &["item 2", "the number 1"]),
        ("[profiles.trust]\na = \"b\"\n", &["profiles.trust.a", "a list"]),
        ("[reports]\nformats = [\"html\", \"xml\"]\n", &["item 2", "\"xml\""]),
        ("database = 3\n", &["a section is expected"]),
        ("[aws]\nname = \"x\"\n", &["write [[aws]]"]),
        ("[[aws]]\n", &["1:1", "aws[0].name", "is missing"]),
        ("[[aws]]\nname = \"a\"\naccounts = [\"123\"]\n", &["\"123\" is no account id"]),
        ("[[aws]]\nname = \"a\"\naccounts = [111122223333]\n", &["the number 111122223333", "in quotes"]),
        ("[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"s4\"\n", &["aws[0].trail[0].kind", "nearest: \"s3\""]),
        ("[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"s3\"\n", &["aws[0].trail[0].bucket", "is missing"]),
        ("[[aws]]\nname = \"a\"\n[[alibaba]]\nname = \"a\"\n", &["4:8", "taken"]),
        ("[[alibaba]]\nname = \"a\"\nendpoint = \"http://x/{product}\"\n", &["allow_http"]),
        ("[[alibaba]]\nname = \"a\"\nlookups_per_second = 0\n", &["lookups_per_second", "1 to 100"]),
        ("[[snapshot]]\nregions = [\"a-b\"]\n", &["snapshot[0].path", "is missing"]),
        ("[[snapshot]]\npath = \"x\"\nmax_age = \"2 days\"\n", &["snapshot[0].max_age"]),
    ] {
        check_problem_of(text, parts);
    }
}

/// A wrong `kind` leaves its own keys unread, which may be reported too: the first problem is the one that counts.
fn check_problem_of(text: &str, parts: &[&str]) {
    let found = problems(text);
    let shown: Vec<_> = found.iter().map(Problem::to_string).collect();
    assert!(
        shown.iter().any(|shown| parts.iter().all(|part| shown.contains(part))),
        "{parts:?} are not in {shown:#?}"
    );
}

#[test]
fn every_problem_is_found_at_once_in_the_order_of_the_file() {
    let text = "[web]\nlisten = 1\n[collect]\ndeadline = 5\nkeep = \"none\"\n[[snapshot]]\n[nonsense]\n";
    let keys: Vec<_> = problems(text).into_iter().map(|problem| problem.key).collect();
    assert_eq!(keys, ["web.listen", "collect.deadline", "collect.keep", "snapshot[0].path", "nonsense"]);
}

#[test]
fn broken_syntax_names_its_line_and_every_break_is_reported() {
    let found = problems("[web\n[limits]\n[collect]\ndeadline = \"30m\"\ndeadline = \"30m\"\n");
    let lines: Vec<_> = found.iter().filter_map(|problem| Some(problem.place.as_ref()?.line)).collect();
    assert!(lines.contains(&1) && lines.contains(&5), "{found:#?}");
}

#[test]
fn relative_paths_of_a_file_are_relative_to_its_directory() {
    let text =
        "[database]\nurl = \"sqlite://x.db\"\n[[snapshot]]\npath = \"inventory\"\n[exceptions]\nfile = \"/a/b\"\n";
    let settings = parse(text, Path::new("/etc/roletrail/roletrail.toml")).expect("right").settings;
    assert_eq!(settings.database.url, "sqlite:///etc/roletrail/x.db");
    assert_eq!(settings.snapshot[0].path, Path::new("/etc/roletrail/inventory"));
    assert_eq!(settings.exceptions.file, Path::new("/a/b"));
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("x.toml");
    std::fs::write(&file, "[database]\nurl = \"sqlite:///file.db\"\n").expect("writable");
    let env = |name: &str| (name == DATABASE_VARIABLE).then(|| "sqlite://env.db".to_owned());
    let overrides = Overrides { database: Some("sqlite://command.db".to_owned()) };
    for (env, overrides, url, origin) in [
        (&env as &dyn Fn(&str) -> Option<String>, overrides, "sqlite://command.db", "--database".to_owned()),
        (&env, Overrides::default(), "sqlite://env.db", "ROLETRAIL_DATABASE".to_owned()),
        (&|_: &str| None, Overrides::default(), "sqlite:///file.db", format!("{}:2", file.display())),
    ] {
        let loaded = load(Some(&file), env, &overrides).expect("right");
        assert_eq!(loaded.settings.database.url, url);
        let explained = loaded.explain();
        let url_row = explained.iter().find(|row| row.key == "database.url").expect("is explained");
        assert_eq!(url_row.origin.to_string(), origin);
    }
}

#[test]
fn a_wrong_override_names_what_gave_it() {
    let none = |_: &str| None;
    let error = load(None, &none, &Overrides { database: Some("x.db".to_owned()) }).expect_err("no URL");
    assert!(error.to_string().contains("--database: \"x.db\" is no database URL"), "{error}");
}

#[test]
fn a_named_file_must_exist_and_be_text() {
    let env = |name: &str| (name == CONFIG_VARIABLE).then(|| "/nonexistent/roletrail.toml".to_owned());
    let error = load(None, &env, &Overrides::default()).expect_err("no such file");
    assert!(error.to_string().contains("named by ROLETRAIL_CONFIG"), "{error}");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("x.toml");
    std::fs::write(&file, b"[web]\n\xff").expect("writable");
    let error = load(Some(&file), &|_| None, &Overrides::default()).expect_err("no text");
    assert!(error.to_string().contains("not UTF-8 at byte 6"), "{error}");
}

#[test]
fn explain_lists_every_setting_with_its_origin() {
    let text = "[profiles]\nenable = [\"aws-cloudhsm\"]\n[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"files\"\npath = \"x\"\n";
    let loaded = parse(text, Path::new("c.toml")).expect("right");
    let row = |key: &str| {
        let found = loaded.explain().into_iter().find(|row| row.key == key);
        found.map(|row| (row.value.unwrap_or_default(), row.origin.to_string()))
    };
    assert_eq!(row("profiles.enable"), Some(("[\"aws-cloudhsm\"]".to_owned(), "c.toml:2".to_owned())));
    assert_eq!(row("aws[0].trail[0].path"), Some(("\"x\"".to_owned(), "c.toml:7".to_owned())));
    assert_eq!(row("aws[0].trail[0].kind"), Some(("\"files\"".to_owned(), "c.toml:6".to_owned())));
    assert_eq!(row("aws[0].accounts"), Some(("\"self\"".to_owned(), "default".to_owned())));
    assert_eq!(row("collect.deadline"), Some(("\"30m\"".to_owned(), "default".to_owned())));
    assert_eq!(row("schedule.time_zone"), Some((String::new(), "default".to_owned())));
}

#[test]
fn what_this_version_cannot_do_is_refused_with_one_sentence_each() {
    let text = "[[aws]]\nname = \"a\"\n[[aws.trail]]\nkind = \"athena\"\ndatabase = \"d\"\ntable = \"t\"\n[database]\nurl = \"postgres://x/y\"\n";
    let loaded = parse(text, Path::new("c.toml")).expect("the form is right");
    let shown: Vec<_> = loaded.unsupported().iter().map(Problem::to_string).collect();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert!(shown[0].contains("c.toml:4:8: aws[0].trail[0].kind") && shown[0].contains("\"s3\""));
    assert!(shown[1].contains("database.url"));
}

#[test]
fn the_schema_knows_every_section_and_refuses_unknown_keys() {
    let schema = schema();
    let explained = parse(EXAMPLE, Path::new("c.toml")).expect("right").explain();
    for row in explained {
        let section = row.key.split(['.', '[']).next().expect("a key has a first part");
        assert!(schema["properties"].get(section).is_some(), "{section}");
    }
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
    assert_eq!(schema["$defs"]["Collect"]["properties"]["deadline"]["default"], serde_json::json!("30m"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\[{1,2}(web|aws|aws\\.trail|collect|x)\\]{1,2}\n|(name|kind|deadline|keep|url) = [\"']?[a-z0-9:/{}\\[\\]. \u{e9}]*[\"']?\n|.){0,12}") {
        let _ = parse(&text, Path::new("c.toml"));
    }
}
