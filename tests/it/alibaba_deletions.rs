//! Deletions of roles in Alibaba Cloud: accepted at once, decided later, told by the role and by the task.

use serde_json::Value;

use crate::alibaba::{Account, KEY_STORE_ROLE, Role, Task};
use crate::alibaba_scan::{DIRECTORY, ORPHAN, Scene, rules, with};

const STATUS: &str = "ram:GetServiceLinkedRoleDeletionStatus";
/// When somebody tried to delete the role: long before the grace time.
const BEGUN: &str = "2026-02-01T10:00:00Z";

/// An account whose role somebody tried to delete, read once.
fn scene(task: Option<Task>, code: i32) -> Scene {
    let role = Role::key_stores();
    let id = role.task_id("11111111-1111-1111-1111-111111111111");
    let account = Account::new(ORPHAN).role(role.deletion(&id, BEGUN));
    let account = match task {
        Some(task) => account.task(&id, task),
        None => account,
    };
    let scene = Scene::new(with(account), DIRECTORY);
    scene.scan(code);
    scene
}

fn task(scene: &Scene) -> Value {
    let tasks = scene.place.list(&["tasks"]);
    let [task] = &tasks[..] else { panic!("one task was expected: {tasks:?}") };
    assert!(task["task"].as_str().is_some_and(|id| id.contains(KEY_STORE_ROLE)), "{task}");
    task.clone()
}

#[test]
fn the_task_that_the_role_names_is_followed_without_any_event() {
    let usage = [("cn-beijing", &["acs:kms:cn-beijing:1000000000000003:keystore/kst-1"][..])];
    let scene = scene(Some(Task::failed("It is in use by keystore.kms.aliyuncs.com.", &usage)), 1);
    let task = task(&scene);
    assert_eq!(task["status"], "FAILED", "{task}");
    assert!(rules(&scene, ORPHAN).contains(&"failed-role-deletion".to_owned()));
    let findings = scene.place.list(&["findings", "--account", ORPHAN, "--rule", "failed-role-deletion"]);
    for shown in [task, findings[0].clone()] {
        let shown = shown.to_string();
        assert!(shown.contains("keystore/kst-1") && shown.contains("cn-beijing"), "{shown}");
    }
    let table = scene.ends(&["tasks", "--format", "table"], 0).stdout;
    assert!(table.contains("FAILED") && table.contains("It is in use by keystore.kms.aliyuncs.com."), "{table}");
    scene.cloud.forget();
    scene.scan(1);
    assert!(!scene.cloud.actions().contains(STATUS), "a task that ended is not asked for again");
}

#[test]
fn a_task_that_ended_in_an_error_of_the_service_is_a_failure() {
    let mut failed = Task::failed("An internal error.", &[]);
    failed.states = vec!["INTERNAL_ERROR".to_owned()];
    let scene = scene(Some(failed), 1);
    assert_eq!(task(&scene)["status"], "INTERNAL_ERROR");
    assert!(rules(&scene, ORPHAN).contains(&"failed-role-deletion".to_owned()));
}

#[test]
fn a_task_is_asked_for_until_it_ends() {
    let scene = scene(Some(Task::goes(&["NOT_STARTED", "IN_PROGRESS", "SUCCEEDED"])), 1);
    assert_eq!(task(&scene)["status"], "NOT_STARTED");
    scene.scan(1);
    assert_eq!(task(&scene)["status"], "IN_PROGRESS");
    assert_eq!(scene.verdict(ORPHAN), "orphaned", "until it ends");
    scene.scan(1);
    assert_eq!(task(&scene)["status"], "SUCCEEDED");
    scene.scan(0);
    assert_eq!(scene.verdict(ORPHAN), "not-in-use");
}

#[test]
fn a_task_that_nobody_knows_any_more_has_failed_where_the_role_is_still_there() {
    let scene = scene(None, 1);
    assert_eq!(task(&scene)["status"], "FAILED");
    assert!(rules(&scene, ORPHAN).contains(&"failed-role-deletion".to_owned()));
}
