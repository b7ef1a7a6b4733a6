use std::fs;

use super::*;
use crate::clock::SettableClock;

const ROW: &str = "[[exception]]\nid = \"ID\"\nrule = \"trust-drift\"\naccount = \"111122223333\"\nowner = \"us\"\n\
    reason = \"because\"\nticket = \"T\"\nexpires = \"2026-03-31\"\n";

struct Scene {
    _directory: tempfile::TempDir,
    settings: config::Exceptions,
    clock: SettableClock,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("exceptions.toml");
        let clock = SettableClock::at("2026-03-01T00:00:00Z".parse().expect("a time"));
        Self { settings: config::Exceptions { file, ..config::Exceptions::default() }, _directory: directory, clock }
    }

    fn open(&self, named: bool) -> Result<ExceptionsFile, ConfigError> {
        ExceptionsFile::open(&self.settings, named, Arc::new(self.clock.clone()))
    }

    fn write(&self, text: &str) {
        fs::write(&self.settings.file, text).expect("written");
    }

    /// The ids in effect once the disk is looked at again.
    fn ids(&self, file: &ExceptionsFile) -> Vec<String> {
        self.clock.advance(LOOK_EVERY);
        file.current().all().iter().map(|exception| exception.id.clone()).collect()
    }
}

fn rows(ids: &[&str]) -> String {
    ids.iter().map(|id| ROW.replace("ID", id)).collect()
}

#[test]
fn a_change_is_in_effect_at_the_next_look_and_the_disk_is_looked_at_once_a_second() {
    let scene = Scene::new();
    let file = scene.open(false).expect("it need not exist");
    assert_eq!(scene.ids(&file), [""; 0]);
    scene.write(&rows(&["one"]));
    assert!(file.current().all().is_empty(), "not within the second");
    assert_eq!(scene.ids(&file), ["one"]);
    let same = file.current();
    scene.clock.advance(LOOK_EVERY);
    assert!(file.current().is(&same), "a file that has not changed is not read");
    scene.write(&rows(&["one", "two"]));
    assert_eq!(scene.ids(&file), ["one", "two"]);
    fs::remove_file(&scene.settings.file).expect("removed");
    assert_eq!(scene.ids(&file), [""; 0], "without a file nothing is accepted");
    assert!(file.is_sound());
}

#[test]
fn a_broken_file_leaves_the_older_exceptions_in_effect_until_it_is_whole() {
    let scene = Scene::new();
    scene.write(&rows(&["one"]));
    let file = scene.open(true).expect("right");
    for broken in [rows(&["one", "one"]), "[[exception".to_owned(), ROW.replace("owner", "onwer")] {
        scene.write(&broken);
        assert_eq!(scene.ids(&file), ["one"], "{broken}");
        assert!(!file.is_sound(), "{broken}");
        assert!(scene.open(true).is_err(), "nobody starts with it: {broken}");
    }
    scene.write(&rows(&["two"]));
    assert_eq!(scene.ids(&file), ["two"]);
    assert!(file.is_sound());
    // One that somebody has named and that is gone is broken, too.
    fs::remove_file(&scene.settings.file).expect("removed");
    assert_eq!(scene.ids(&file), ["two"]);
    assert!(!file.is_sound());
    assert!(scene.open(true).is_err());
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_looking() {
    let scene = Scene::new();
    let file = scene.open(false).expect("it need not exist");
    scene.write(&rows(&["one"]));
    scene.clock.advance(-SignedDuration::from_hours(24));
    assert_eq!(file.current().all().len(), 1);
}

#[test]
fn no_file_at_all_is_sound_and_empty() {
    let none = ExceptionsFile::default();
    assert!(none.current().all().is_empty() && none.is_sound());
}
