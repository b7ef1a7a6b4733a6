//! Trail objects in files: finding them in directories, telling logs from other files, opening and hashing them.

mod hashed;
mod object;
mod policy;
mod walk;

pub use hashed::{Hashed, hashes_of};
pub use object::{ObjectRef, shown_name};
pub use policy::{FileVerdict, PEEK_BYTES, looks_like_log};
pub use walk::{Entry, Walk, discover, measure};

#[cfg(test)]
mod tests;
