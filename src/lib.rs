pub mod clock;
pub mod findings;
pub mod model;
pub mod profiles;
pub mod rules;
pub mod simulation;
pub mod store;
pub mod trail;
