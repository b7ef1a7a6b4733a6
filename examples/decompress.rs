//! Reads and decompresses every file below a directory with one thread, and does nothing with it: the least that an
//! ingest of the same files can cost.
//!
//! ```text
//! cargo run --release --example decompress -- DIRECTORY
//! ```
//! Prints one JSON object: files, bytes in, bytes out.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;

/// Size of the read and of the output buffer: large enough that calls do not count.
const BUFFER: usize = 256 * 1024;
/// The first bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

#[derive(Default, serde::Serialize)]
struct Counts {
    files: u64,
    bytes_in: u64,
    bytes_out: u64,
}

fn main() -> anyhow::Result<()> {
    let root = std::env::args_os().nth(1).context("name a directory")?;
    let mut counts = Counts::default();
    let mut buffer = vec![0; BUFFER];
    walk(Path::new(&root), &mut counts, &mut buffer)?;
    println!("{}", serde_json::to_string(&counts)?);
    Ok(())
}

fn walk(directory: &Path, counts: &mut Counts, buffer: &mut [u8]) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, counts, buffer)?;
        } else {
            decompress(&path, counts, buffer).with_context(|| format!("cannot read {}", path.display()))?;
        }
    }
    Ok(())
}

fn decompress(path: &Path, counts: &mut Counts, buffer: &mut [u8]) -> io::Result<()> {
    let file = File::open(path)?;
    counts.files += 1;
    counts.bytes_in += file.metadata()?.len();
    let mut reader = BufReader::with_capacity(BUFFER, file);
    if reader.fill_buf()?.starts_with(&GZIP_MAGIC) {
        counts.bytes_out += drain(MultiGzDecoder::new(reader), buffer)?;
    } else {
        counts.bytes_out += drain(reader, buffer)?;
    }
    Ok(())
}

fn drain(mut reader: impl io::Read, buffer: &mut [u8]) -> io::Result<u64> {
    let mut total = 0;
    loop {
        match reader.read(buffer)? {
            0 => return Ok(total),
            read => total += read as u64,
        }
    }
}
