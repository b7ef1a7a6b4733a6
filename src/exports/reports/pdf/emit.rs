//! Filled pages as the bytes of a file.

use std::collections::HashMap;

use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::{Document, SerializeSettings};

use super::faces::{Face, Faces};
use super::flow::{Color, Entry, Flow, Mark, PAGE, QUIET, SIDE};

/// What every page says.
pub(super) struct Running {
    /// The report's title.
    pub title: String,
    /// Its id.
    pub id: String,
    /// What a window calls the file.
    pub name: String,
}

/// Letters in the margins.
const MARGIN: f32 = 7.2;

/// The file.
pub(super) fn file(flow: Flow<'_>, running: &Running) -> Result<Vec<u8>, String> {
    let mut file = Document::new_with(SerializeSettings { enable_tagging: true, ..SerializeSettings::default() });
    let Flow { faces, pages, tree, outline, places, .. } = flow;
    let mut drawn: Vec<Option<Identifier>> = vec![None; tree.leaves()];
    let count = pages.len();
    for (number, marks) in pages.iter().enumerate() {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or("a page without a size")?;
        let mut page = file.start_page_with(size);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, faces, mark, &mut drawn);
        }
        margins(&mut surface, faces, running, number + 1, count);
        surface.finish();
        links(&mut page, marks, &places, &mut drawn);
        page.finish();
    }
    file.set_outline(outline_of(&outline));
    file.set_metadata(metadata(running));
    file.set_tag_tree(tree.finish(drawn));
    file.finish().map_err(|error| format!("{error:?}"))
}

fn metadata(running: &Running) -> Metadata {
    Metadata::new()
        .title(format!("{} - {}", running.name, running.title))
        .language("en".to_owned())
        .creator("roletrail".to_owned())
        .producer("roletrail".to_owned())
        .document_id(running.id.clone())
}

fn draw(surface: &mut Surface<'_>, faces: &Faces, mark: &Mark, drawn: &mut [Option<Identifier>]) {
    match mark {
        Mark::Text { leaf, x, y, face, size, color, text } => {
            let tag = match leaf {
                Some(_) => ContentTag::Span(SpanTag::empty()),
                None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Other)),
            };
            let identifier = surface.start_tagged(tag);
            write(surface, faces, (*x, *y), (*face, *size), *color, text);
            surface.end_tagged();
            if let Some(slot) = leaf.and_then(|leaf| drawn.get_mut(leaf.0)) {
                *slot = Some(identifier);
            }
        }
        Mark::Box { x, y, width, height, fill, stroke } => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            rectangle(surface, (*x, *y, *width, *height), *fill, *stroke);
            surface.end_tagged();
        }
        Mark::Link { .. } => {}
    }
}

fn write(surface: &mut Surface<'_>, faces: &Faces, at: (f32, f32), font: (Face, f32), color: Color, text: &str) {
    let (face, size) = font;
    surface.set_fill(Some(filled(color)));
    surface.set_stroke(None);
    surface.draw_glyphs(Point::from_xy(at.0, at.1), &faces.glyphs(face, text), faces.font(face), text, size, false);
}

fn rectangle(surface: &mut Surface<'_>, place: (f32, f32, f32, f32), fill: Option<Color>, stroke: Option<Color>) {
    let (x, y, width, height) = place;
    let Some(rect) = Rect::from_xywh(x, y, width, height) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    let Some(path) = path.finish() else { return };
    surface.set_fill(fill.map(filled));
    let outlined = |color: Color| Stroke { paint: paint(color).into(), width: 0.5, ..Stroke::default() };
    surface.set_stroke(stroke.map(outlined));
    surface.draw_path(&path);
}

fn filled(color: Color) -> Fill {
    Fill { paint: paint(color).into(), opacity: NormalizedF32::ONE, rule: krilla::paint::FillRule::default() }
}

fn paint(color: Color) -> rgb::Color {
    rgb::Color::new(color.0, color.1, color.2)
}

/// Title and report id above, page numbers below.
fn margins(surface: &mut Surface<'_>, faces: &Faces, running: &Running, number: usize, count: usize) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)));
    let title = faces.visible(Face::Regular, &running.title);
    let id = faces.visible(Face::Regular, &running.id);
    let page = format!("Page {number} of {count}");
    let right = |text: &str| PAGE.0 - SIDE - faces.width(Face::Regular, MARGIN, text);
    let font = (Face::Regular, MARGIN);
    write(surface, faces, (SIDE, 36.0), font, QUIET, &title);
    write(surface, faces, (right(&id), 36.0), font, QUIET, &id);
    write(surface, faces, (SIDE, PAGE.1 - 30.0), font, QUIET, &faces.visible(Face::Regular, &running.name));
    write(surface, faces, (right(&page), PAGE.1 - 30.0), font, QUIET, &page);
    surface.end_tagged();
}

/// Links of a page that lead somewhere.
fn links(
    page: &mut Page<'_>,
    marks: &[Mark],
    places: &HashMap<String, (usize, f32)>,
    drawn: &mut [Option<Identifier>],
) {
    for mark in marks {
        let Mark::Link { leaf, x, y, width, height, to } = mark else { continue };
        let (Some(place), Some(rect)) = (places.get(to), Rect::from_xywh(*x, *y, *width, *height)) else { continue };
        let link = LinkAnnotation::new(rect, Target::Destination(destination(*place).into()));
        let identifier = page.add_tagged_annotation(Annotation::new_link(link, Some(format!("to {to}"))));
        if let Some(slot) = drawn.get_mut(leaf.0) {
            *slot = Some(identifier);
        }
    }
}

fn destination(place: (usize, f32)) -> XyzDestination {
    /// A place is shown with some room above it.
    const ABOVE: f32 = 8.0;
    XyzDestination::new(place.0, Point::from_xy(0.0, (place.1 - ABOVE).max(0.0)))
}

/// Headings as a tree.
fn outline_of(entries: &[Entry]) -> Outline {
    let mut outline = Outline::new();
    let mut rest = entries;
    while let Some((node, after)) = outline_node(rest) {
        outline.push_child(node);
        rest = after;
    }
    outline
}

/// The first heading with those below it, and the headings after those.
fn outline_node(entries: &[Entry]) -> Option<(OutlineNode, &[Entry])> {
    let ((level, title, page, y), mut rest) = entries.split_first()?;
    let mut node = OutlineNode::new(title.clone(), destination((*page, *y))).with_open(*level < 2);
    while rest.first().is_some_and(|(below, ..)| level < below) {
        let (child, after) = outline_node(rest)?;
        node.push_child(child);
        rest = after;
    }
    Some((node, rest))
}
