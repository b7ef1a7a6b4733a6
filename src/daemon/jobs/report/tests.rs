//! Reports over real histories.
