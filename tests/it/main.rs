//! The integration tests: one binary, real files, real databases, the real program.

mod house;
