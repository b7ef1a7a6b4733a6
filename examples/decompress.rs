//! Reads and decompresses every file below a directory with one thread, and does nothing with it: the least that an
//! ingest of the same files can cost.
//!
//! ```text
//! cargo run --release --example decompress -- [--decoder libdeflate|zlib-rs] DIRECTORY
//! ```
//! Prints one JSON object: files, bytes in, bytes out.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use flate2::bufread::MultiGzDecoder;
use libdeflater::{DecompressionError, Decompressor};

/// Size of the output buffer of the streaming decoder: large enough that calls do not count.
const BUFFER: usize = 256 * 1024;
/// The first bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes at the end of a gzip member that tell its size.
const SIZE_BYTES: usize = 4;

/// Decompresses every file below a directory, and does nothing with it.
#[derive(Debug, Parser)]
#[command(name = "decompress")]
struct Arguments {
    /// What decompresses
    #[arg(long, value_enum, default_value_t = Decoder::Libdeflate)]
    decoder: Decoder,
    /// The directory
    directory: PathBuf,
}

/// What decompresses.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Decoder {
    /// libdeflate, whole files at once: the fastest there is.
    Libdeflate,
    /// flate2 with zlib-rs, as a stream.
    ZlibRs,
}

#[derive(Default, serde::Serialize)]
struct Counts {
    files: u64,
    bytes_in: u64,
    bytes_out: u64,
}

/// Decoder and buffers, used again for every file.
struct Work {
    decoder: Decoder,
    libdeflate: Decompressor,
    input: Vec<u8>,
    output: Vec<u8>,
    counts: Counts,
}

fn main() -> anyhow::Result<()> {
    let Arguments { decoder, directory } = Arguments::parse();
    let mut work = Work {
        decoder,
        libdeflate: Decompressor::new(),
        input: Vec::new(),
        output: vec![0; BUFFER],
        counts: Counts::default(),
    };
    work.walk(&directory)?;
    println!("{}", serde_json::to_string(&work.counts)?);
    Ok(())
}

impl Work {
    fn walk(&mut self, directory: &Path) -> anyhow::Result<()> {
        for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.walk(&path)?;
            } else {
                self.file(&path).with_context(|| format!("cannot read {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        self.input.clear();
        File::open(path)?.read_to_end(&mut self.input)?;
        self.counts.files += 1;
        self.counts.bytes_in += self.input.len() as u64;
        self.counts.bytes_out += match self.decoder {
            _ if !self.input.starts_with(&GZIP_MAGIC) => self.input.len() as u64,
            Decoder::Libdeflate => self.whole()?,
            Decoder::ZlibRs => self.stream()?,
        };
        Ok(())
    }

    /// libdeflate stops after the first member of a file; one that has several is read as a stream.
    fn whole(&mut self) -> anyhow::Result<u64> {
        let told = self.told_size();
        self.output.resize(self.output.len().max(told), 0);
        match self.libdeflate.gzip_decompress(&self.input, &mut self.output) {
            Ok(size) if size == told => Ok(size as u64),
            Ok(_) | Err(DecompressionError::InsufficientSpace) => Ok(self.stream()?),
            Err(error) => Err(error.into()),
        }
    }

    /// The size that the file's last bytes tell of its last member.
    fn told_size(&self) -> usize {
        let end = self.input.len().checked_sub(SIZE_BYTES).and_then(|at| self.input[at..].try_into().ok());
        end.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn stream(&mut self) -> io::Result<u64> {
        let mut decoder = MultiGzDecoder::new(self.input.as_slice());
        let mut total = 0;
        loop {
            match decoder.read(&mut self.output)? {
                0 => return Ok(total),
                read => total += read as u64,
            }
        }
    }
}
