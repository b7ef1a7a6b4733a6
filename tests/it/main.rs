//! The integration tests: one binary, real files, real databases, the real program.

// Everything here is a test: a helper that panics fails the test that called it, and cases are written in place.
#![expect(clippy::panic, clippy::needless_pass_by_value)]

mod alibaba;
mod alibaba_buckets;
mod alibaba_calls;
mod alibaba_deletions;
mod alibaba_doctor;
mod alibaba_faults;
mod alibaba_lookup;
mod alibaba_scan;
mod alibaba_sessions;
mod alibaba_watched;
mod analysis;
mod api;
mod aws;
mod aws_buckets;
mod aws_calls;
mod aws_faults;
mod aws_lookup;
mod aws_moto;
mod aws_queues;
mod aws_scan;
mod aws_sessions;
mod aws_watched;
mod bad_input;
mod cli;
mod config;
mod controls;
mod crash;
mod daemon;
mod demo;
mod digests;
mod doctor;
mod evidence;
mod exceptions;
mod exceptions_daemon;
mod exceptions_file;
mod fake;
mod faults;
mod house;
mod ingest;
mod judging;
mod monitor;
mod objects;
mod pages;
mod policy;
mod records;
mod report;
mod report_documents;
mod reports_agree;
mod reports_formats;
mod scene;
mod snapshot;
mod store;
mod support;
mod threads;
mod trails;
mod validators;
mod web;
mod web_format;

// The sample report of the unit tests is compiled here too, and names these as its own.
use roletrail::{exports, model};
