//! Addresses of databases.

use std::path::PathBuf;
use std::str::FromStr;

use super::DatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(format!("{url:?} is no database address; write sqlite://PATH"));
        };
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path.ends_with('/') {
                    return Err(format!("{url:?} names no file; write sqlite://PATH, such as sqlite://roletrail.db"));
                }
                if path == ":memory:" {
                    return Err("a history in memory would be lost at once; write sqlite://PATH".to_owned());
                }
                Ok(Self(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => {
                Err("PostgreSQL is not in this version of roletrail; use sqlite://PATH".to_owned())
            }
            other => Err(format!("{other:?} is no kind of database that roletrail knows; write sqlite://PATH")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_addresses_name_a_file() {
        for (url, path) in [
            ("sqlite://roletrail.db", "roletrail.db"),
            ("sqlite:roletrail.db", "roletrail.db"),
            ("sqlite:///var/lib/roletrail/history.db", "/var/lib/roletrail/history.db"),
            ("sqlite://../a b/c.db", "../a b/c.db"),
        ] {
            assert_eq!(url.parse::<DatabaseUrl>(), Ok(DatabaseUrl(PathBuf::from(path))), "{url}");
        }
    }

    #[test]
    fn other_addresses_are_refused_with_a_remedy() {
        for (url, said) in [
            ("postgres://host/db", "PostgreSQL is not in this version"),
            ("postgresql://host/db", "PostgreSQL is not in this version"),
            ("mysql://host/db", "no kind of database"),
            ("roletrail.db", "sqlite://PATH"),
            ("sqlite://", "names no file"),
            ("sqlite:///var/lib/", "names no file"),
            ("sqlite::memory:", "in memory"),
        ] {
            let refusal = url.parse::<DatabaseUrl>().expect_err(url);
            assert!(refusal.contains(said), "{url}: {refusal}");
        }
    }
}
