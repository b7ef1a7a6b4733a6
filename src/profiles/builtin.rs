//! The profiles that come with the program.

use std::path::PathBuf;

use super::{Profile, ProfileError, file};

/// File name and text of each built-in profile, in the order in which they are shown.
const FILES: [(&str, &str); 6] = [
    ("aws-kms-custom-key-stores.toml", include_str!("../../config/profiles/aws-kms-custom-key-stores.toml")),
    ("aws-kms-multi-region-keys.toml", include_str!("../../config/profiles/aws-kms-multi-region-keys.toml")),
    ("aws-cloudhsm.toml", include_str!("../../config/profiles/aws-cloudhsm.toml")),
    ("alibaba-kms-key-store.toml", include_str!("../../config/profiles/alibaba-kms-key-store.toml")),
    ("alibaba-kms-custom-key-store.toml", include_str!("../../config/profiles/alibaba-kms-custom-key-store.toml")),
    ("aws-service-linked-roles.toml", include_str!("../../config/profiles/aws-service-linked-roles.toml")),
];

/// All built-in profiles, those that are off by default included.
pub(super) fn all() -> Result<Vec<Profile>, ProfileError> {
    FILES
        .iter()
        .map(|(name, text)| {
            file::parse(text)
                .map_err(|reason| ProfileError::Invalid { path: PathBuf::from("config/profiles").join(name), reason })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_loads_and_every_file_is_built_in() {
        let profiles = all().expect("built-in profiles are valid");
        let ids: Vec<_> = profiles.iter().map(|profile| profile.id.as_str()).collect();
        assert_eq!(ids.len(), FILES.len());
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles");
        for entry in std::fs::read_dir(directory).expect("config/profiles exists") {
            let name = entry.expect("readable entry").file_name();
            let name = name.to_string_lossy();
            assert!(FILES.iter().any(|(file, _)| *file == name), "{name} is not built in");
        }
    }

    #[test]
    fn the_mission_roles_trust_exactly_their_service() {
        let profiles = all().expect("built-in profiles are valid");
        for (id, principal) in [
            ("aws-kms-custom-key-stores", "cks.kms.amazonaws.com"),
            ("alibaba-kms-key-store", "keystore.kms.aliyuncs.com"),
        ] {
            let profile = profiles.iter().find(|profile| profile.id == id).expect("is built in");
            assert_eq!(profile.trusted_principals, [principal]);
        }
    }
}
