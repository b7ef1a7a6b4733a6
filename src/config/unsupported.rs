//! What the configuration may say and this version cannot do. The one place to lift when it can.

use super::{AwsTrail, ConfigError, Loaded, Problem, Settings};

impl Settings {
    /// What these settings ask for and this version cannot do. Whoever collects or serves must refuse to begin.
    #[must_use]
    pub fn unsupported(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, source) in self.aws.iter().enumerate() {
            for (trail, _) in source.trail.iter().enumerate().filter(|(_, trail)| is_athena(trail)) {
                let key = format!("aws[{index}].trail[{trail}].kind");
                problems.push(Problem::new(
                    key,
                    "Athena is not part of this version",
                    "read the bucket: kind = \"s3\"",
                ));
            }
        }
        problems.extend(self.unsupported_services());
        problems
    }

    fn unsupported_services(&self) -> Option<Problem> {
        self.database
            .is_postgres()
            .then(|| Problem::new("database.url", "PostgreSQL is not part of this version", "use sqlite://PATH"))
    }
}

impl Loaded {
    /// [`Settings::unsupported`], with places.
    #[must_use]
    pub fn unsupported(&self) -> Vec<Problem> {
        self.settings.unsupported().into_iter().map(|problem| self.locate_or_parent(problem)).collect()
    }

    /// Refuses what this version cannot do, and what whoever uses the settings found wrong with them (`others`).
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything of that kind.
    pub fn require_usable(&self, others: Vec<Problem>) -> Result<(), ConfigError> {
        let mut problems: Vec<_> = others.into_iter().map(|problem| self.locate_or_parent(problem)).collect();
        problems.extend(self.unsupported());
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid { problems }) }
    }

    /// A default has no place of its own; the name of its source has.
    fn locate_or_parent(&self, problem: Problem) -> Problem {
        let located = self.locate(problem);
        match located.key.rsplit_once('.') {
            Some((parent, _)) if located.place.is_none() => {
                let place = self.locate(Problem::new(parent, "", "")).place;
                Problem { place, ..located }
            }
            _ => located,
        }
    }
}

fn is_athena(trail: &AwsTrail) -> bool {
    matches!(trail, AwsTrail::Athena { .. })
}
