//! The fonts, and what can be written with them.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use crate::exports::html::disguises;

/// Characters of a text that the file shows, as in the HTML report.
const SHOWN: usize = crate::exports::html::SHOWN;

/// A font by what it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// Text.
    Regular,
    /// Headings and what matters most.
    Bold,
    /// Ids, hashes and commands.
    Mono,
}

/// The fonts of the file: they cover Latin, Greek, Cyrillic and many symbols.
pub(super) struct Faces {
    regular: Loaded,
    bold: Loaded,
    mono: Loaded,
}

struct Loaded {
    font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    units: f32,
}

impl Faces {
    /// The fonts; `None` only if the program was built with damaged ones.
    pub fn load() -> Option<Self> {
        Some(Self {
            regular: Loaded::new(dejavu::sans_condensed::regular())?,
            bold: Loaded::new(dejavu::sans_condensed::bold())?,
            mono: Loaded::new(dejavu::sans_mono::regular())?,
        })
    }

    fn of(&self, face: Face) -> &Loaded {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
            Face::Mono => &self.mono,
        }
    }

    /// The font as the file embeds it: only the letters that it uses.
    pub fn font(&self, face: Face) -> Font {
        self.of(face).font.clone()
    }

    /// How wide a character is at that size.
    pub fn width_of(&self, face: Face, size: f32, character: char) -> f32 {
        self.of(face).glyph(character).map_or(0.0, |(_, width)| width * size)
    }

    /// How wide a text is at that size.
    pub fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        text.chars().map(|character| self.width_of(face, size, character)).sum()
    }

    /// The letters of a text, one for each character: neither ligatures nor kerning, so that copied text is the text.
    pub fn glyphs(&self, face: Face, text: &str) -> Vec<KrillaGlyph> {
        let loaded = self.of(face);
        let letters = text.char_indices().filter_map(|(at, character)| {
            let (glyph_id, x_advance) = loaded.glyph(character)?;
            let text_range = at..at + character.len_utf8();
            Some(KrillaGlyph {
                glyph_id,
                text_range,
                x_advance,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            })
        });
        letters.collect()
    }

    /// A text of which nothing vanishes: what the fonts lack, what has to be joined or turned to be read, and what
    /// nobody would see is written out; what is too long is cut, and says so.
    pub fn visible(&self, face: Face, text: &str) -> String {
        self.cut(face, text, SHOWN)
    }

    /// The same, cut after so many characters.
    pub fn cut(&self, face: Face, text: &str, most: usize) -> String {
        let loaded = self.of(face);
        let mut visible = String::with_capacity(text.len());
        let mut rest = text.chars();
        for character in rest.by_ref().take(most) {
            if disguises(character) || is_joined_or_turned(character) || loaded.glyph(character).is_none() {
                visible.push_str(&format!("[U+{:04X}]", u32::from(character)));
            } else {
                visible.push(character);
            }
        }
        let left = rest.count() as u64;
        if 0 < left {
            visible.push_str(&format!("… ({} more characters)", crate::exports::html::number(left)));
        }
        visible
    }
}

impl Loaded {
    fn new(data: &'static [u8]) -> Option<Self> {
        let parsed = FontRef::new(data).ok()?;
        let font = Font::new(data.into(), 0)?;
        let units = font.units_per_em();
        let widths = parsed.glyph_metrics(Size::unscaled(), LocationRef::default());
        Some(Self { font, letters: parsed.charmap(), widths, units })
    }

    /// A character's letter and its width as a part of the size.
    fn glyph(&self, character: char) -> Option<(GlyphId, f32)> {
        let id = self.letters.map(character)?;
        Some((GlyphId::new(id.to_u32()), self.widths.advance_width(id)? / self.units))
    }
}

/// Scripts that are written from the right or whose letters depend on their neighbours: a layout that puts letter beside
/// letter would misspell them.
fn is_joined_or_turned(character: char) -> bool {
    matches!(u32::from(character), 0x0300..=0x036F | 0x0590..=0x08FF | 0x0900..=0x109F | 0x1780..=0x17FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF)
}
