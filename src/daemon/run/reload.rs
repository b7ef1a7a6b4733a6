//! Reading the configuration again: all of it takes effect, or nothing.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{Answer, Daemon, Place, Task};

impl Daemon {
    /// Begins to read; a thread does it, because a configuration may lie on a disk that does not answer.
    pub(super) fn begin_reload(&mut self) {
        if self.reloading.is_some() {
            self.reload_again = true;
            return;
        }
        self.notifier.reloading();
        let reload = Arc::clone(&self.reload);
        self.reloading = Some(spawn_blocking(move || reload()));
    }

    /// Takes the new tasks over, or keeps the old ones when the configuration is wrong.
    pub(super) fn apply_reload(&mut self, result: Answer<Vec<Task>>) {
        self.reloading = None;
        let result = result.unwrap_or_else(|panic| Err(format!("a bug in roletrail: {panic}")));
        self.metrics.config_reloaded(result.is_ok());
        match result {
            Ok(tasks) => {
                tracing::info!("the new configuration is in effect");
                self.replace_tasks(tasks);
            }
            Err(reason) => tracing::error!(reason, "the configuration is wrong; the old one stays in effect"),
        }
        self.notifier.ready();
        if std::mem::take(&mut self.reload_again) {
            self.begin_reload();
        }
    }

    fn replace_tasks(&mut self, tasks: Vec<Task>) {
        let now = self.clock.now();
        let mut old = std::mem::take(&mut self.places);
        for task in tasks {
            let place = match old.iter().position(|place| place.task == task.name) {
                None => self.place(task, now),
                Some(found) => {
                    let mut place = old.swap_remove(found);
                    place.pace.change(task.schedule, now);
                    place.hurry(now);
                    self.metrics.next_run(place.task, place.pace.next());
                    Place { retries: task.retries, ..place }
                }
            };
            self.places.push(place);
        }
        for place in old {
            self.metrics.next_run(place.task, None);
        }
        if self.running.is_none() {
            self.tell_idle();
        }
    }
}
