//! Pictures: plain data in, markup of an SVG with its text alternative out.

pub mod timeline;
