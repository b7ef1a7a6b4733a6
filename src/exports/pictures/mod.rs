//! Pictures: plain data in, markup of an SVG with its text alternative out.

mod gaps;
mod role_life;
pub mod timeline;

pub use role_life::RoleLife;
