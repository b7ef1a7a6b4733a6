//! The JSON shapes of commands and API: a contract. Members may be added, never changed or taken away.

mod coverage;
mod doctor;
mod event;
mod exception;
mod finding;
mod history;
mod object;
mod scan;
mod shared;
mod trail_check;
mod verdict;

pub use coverage::{CoverageJson, MissingJson};
pub use doctor::{CheckJson, DoctorJson};
pub use event::{EventActorJson, EventJson};
pub use exception::ExceptionJson;
pub use finding::{ChangeJson, ControlJson, FindingDetailJson, FindingExceptionJson, FindingJson, FixJson};
pub use history::{RoleJson, StoreJson, TaskJson};
pub use object::LedgerJson;
pub use scan::{
    ApiCallsJson, BytesJson, IngestJson, ObjectsJson, ProviderCoverageJson, RecordsJson, RejectJson,
    ScanCoverageJson, ScanJson, TrailJson,
};
pub use shared::SharedTexts;
pub use trail_check::{ChainJson, CheckedObjectsJson, TrailCheckJson, UnreadPlaceJson};
pub use verdict::{AssumptionsJson, StoresJson, VerdictCoverageJson, VerdictJson};
