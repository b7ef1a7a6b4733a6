//! The file of exceptions as the commands read and change it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::Failure;
use crate::boot::Boot;
use crate::config::{self, ConfigError, ExceptionsLaw, NewException, Origin, Period, Problem};
use crate::model::Exception;
use crate::rules;

/// The file, read.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) exceptions: Vec<Exception>,
    text: String,
    longest: Period,
    now: Timestamp,
}

/// How an exception was ended.
pub(super) struct Ended {
    pub(super) at: Timestamp,
    /// Whether it was still in force.
    pub(super) is_new: bool,
}

impl Opened {
    /// The file of the settings; a command that adds may make it.
    pub(super) fn new(boot: &Boot) -> Result<Self, Failure> {
        Self::at(boot, None, false)
    }

    /// The file at `path`, else that of the settings. With `strict`, one that somebody has named must exist.
    pub(super) fn at(boot: &Boot, path: Option<PathBuf>, strict: bool) -> Result<Self, Failure> {
        let loaded = boot.settings()?;
        let settings = &loaded.settings.exceptions;
        let named = path.is_some() || loaded.origin(config::Exceptions::FILE_KEY) != Origin::Default;
        let path = path.unwrap_or_else(|| settings.file.clone());
        let law = ExceptionsLaw { rules: &rules::ids(), longest: settings.longest, now: boot.now() };
        let (text, exceptions) = config::read_exceptions(&path, named && strict, &law)?;
        Ok(Self { path, exceptions, text, longest: settings.longest, now: boot.now() })
    }

    /// The file with `new` at its end, and the new exception as it will be read.
    ///
    /// # Errors
    /// [`Failure`] when something about the new one is wrong, told of the options that it was made from.
    pub(super) fn with(&self, new: &NewException) -> Result<(String, Exception), Failure> {
        let refused = |error: config::EditError| Failure::usage(error.to_string());
        let alone = config::add_exception("", new).map_err(refused)?;
        self.parse(&alone).map_err(of_options)?;
        let text = config::add_exception(&self.text, new).map_err(refused)?;
        let mut read = self.parse(&text)?;
        match read.pop() {
            Some(added) if read == self.exceptions => Ok((text, added)),
            _ => Err(self.misread()),
        }
    }

    /// Ends the exception `id` now and writes that down.
    ///
    /// # Errors
    /// [`Failure`] when there is none of that id, or the file cannot be changed.
    pub(super) fn end(&mut self, id: &str) -> Result<Ended, Failure> {
        let known = self.exceptions.iter().map(|exception| exception.id.as_str()).collect::<Vec<_>>().join(", ");
        let Some(place) = self.exceptions.iter().position(|exception| exception.id == id) else {
            let known = if known.is_empty() { "there are none".to_owned() } else { format!("known are {known}") };
            return Err(Failure::usage(format!("{}: no exception has the id {id:?}; {known}", self.path.display())));
        };
        let exception = &self.exceptions[place];
        if exception.expires <= self.now {
            return Ok(Ended { at: exception.expires, is_new: false });
        }
        let at = Timestamp::from_second(self.now.as_second()).unwrap_or(self.now);
        if exception.created.is_some_and(|created| at <= created) {
            return Err(Failure::usage(format!(
                "{}: {id} is not in force yet; take its row out of the file instead",
                self.path.display()
            )));
        }
        let text = config::end_exception(&self.text, id, &at.to_string());
        let text = text.map_err(|error| Failure::usage(format!("{}: {error}", self.path.display())))?;
        let mut expected = self.exceptions.clone();
        expected[place].expires = at;
        if self.parse(&text)? != expected {
            return Err(self.misread());
        }
        self.write(&text)?;
        Ok(Ended { at, is_new: true })
    }

    /// Puts `text` into the place of the file.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be; the file is as it was.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        config::replace_file(&self.path, &self.text, text).map_err(|error| {
            Failure::usage(format!(
                "cannot write {}: {error}; the file is as it was (see [exceptions] file, and who may write there)",
                self.path.display()
            ))
        })
    }

    fn parse(&self, text: &str) -> Result<Vec<Exception>, ConfigError> {
        let law = ExceptionsLaw { rules: &rules::ids(), longest: self.longest, now: self.now };
        config::parse_exceptions(text, &self.path, &law)
    }

    /// Whatever else the file would mean after the change must not be written.
    fn misread(&self) -> Failure {
        Failure::usage(format!(
            "{} would not mean what it should after the change, so it is as it was; please report this and change it by \
             hand",
            self.path.display()
        ))
    }
}

/// Mistakes of a text that was made from options stand at the options.
fn of_options(error: ConfigError) -> Failure {
    let ConfigError::Invalid { problems } = error else { return error.into() };
    let problems = problems.into_iter().map(|problem| {
        let option = problem.key.rsplit('.').next().unwrap_or_default().replace('_', "-");
        Problem { place: None, key: format!("--{option}"), ..problem }
    });
    ConfigError::Invalid { problems: problems.collect() }.into()
}
