//! The reader against a history that answers as it is told to.
