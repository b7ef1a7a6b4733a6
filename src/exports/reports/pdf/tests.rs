use super::flow::{BOTTOM, Mark, PAGE, SIDE, TOP};
use super::wrap::{Style, wrap};
use super::*;
use crate::exports::hostile::corpus;
use crate::exports::reports::document::Piece;
use crate::exports::reports::document::tests::{empty, many};
use crate::exports::reports::sample::sample;
use crate::exports::reports::tools;

fn written(report: &Report) -> Vec<u8> {
    write(report).expect("a report")[0].bytes().expect("it can be written")
}

fn faces() -> Faces {
    Faces::load().expect("the fonts are sound")
}

fn laid_out<'f>(report: &Report, faces: &'f Faces) -> Flow<'f> {
    let mut flow = Flow::new(faces);
    blocks::document(&mut flow, document::of(report, Limits { findings: LISTED }));
    flow
}

/// Everything that the pages say.
fn words(flow: &Flow<'_>) -> String {
    let texts = flow.pages.iter().flatten().filter_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(written(&many(40)), written(&many(40)));
}

#[test]
fn nothing_stands_outside_of_its_page() {
    let faces = faces();
    let reports = [many(60), sample(&"界<b>".repeat(3_000)), sample(&"x".repeat(10_000)), sample("")];
    for report in &reports {
        for mark in laid_out(report, &faces).pages.iter().flatten() {
            let (left, right, top, bottom) = match mark {
                Mark::Text { x, y, face, size, text, .. } => {
                    (*x, x + faces.width(*face, *size, text.trim_end()), y - size, *y)
                }
                Mark::Box { x, y, width, height, .. } | Mark::Link { x, y, width, height, .. } => {
                    (*x, x + width, *y, y + height)
                }
            };
            assert!(SIDE - 1.0 <= left && right <= PAGE.0 - SIDE + 4.0, "{mark:?} from {left} to {right}");
            assert!(TOP - 2.0 <= top && bottom <= BOTTOM + 3.0, "{mark:?} from {top} to {bottom}");
        }
    }
}

#[test]
fn no_line_is_wider_than_its_room_and_none_loses_a_letter() {
    let faces = faces();
    let style = Style { size: 7.6, face: faces::Face::Regular, quiet: false };
    for text in corpus() {
        let whole = faces.visible(style.face, &text);
        for width in [30.0, 90.0, 400.0] {
            let lines = wrap(&faces, &vec![Piece::foreign(&text)], width, style);
            for last in lines.iter().filter_map(|line| line.last()) {
                let spaces = faces.width(last.face, style.size, &last.text)
                    - faces.width(last.face, style.size, last.text.trim_end());
                assert!(last.x + last.width - spaces <= width + 0.01, "{text:?} in {width}: {last:?}");
            }
            let joined: String = lines.iter().flatten().map(|fragment| fragment.text.as_str()).collect();
            assert_eq!(joined, whole);
        }
    }
}

#[test]
fn what_the_fonts_lack_is_written_out() {
    let faces = faces();
    let visible = |text: &str| faces.visible(faces::Face::Regular, text);
    assert_eq!(visible("Straße, Ελλάδα, Россия"), "Straße, Ελλάδα, Россия");
    assert_eq!(visible("东京"), "[U+4E1C][U+4EAC]");
    assert_eq!(visible("a\u{202e}b\0"), "a[U+202E]b[U+0000]");
    assert_eq!(visible("\u{5d0}"), "[U+05D0]", "letters that are written from the right");
    let long = visible(&"x".repeat(1_000));
    assert!(long.ends_with("… (700 more characters)"), "{long}");
}

#[test]
fn every_finding_stands_in_the_list_and_the_worst_have_their_own_place() {
    let report = many(600);
    let faces = faces();
    let flow = laid_out(&report, &faces);
    let words = words(&flow);
    for found in &report.findings {
        assert!(words.contains(&*found.finding.id), "{}", found.finding.id);
    }
    let cards = flow.outline.iter().filter(|(level, title, ..)| *level == 4 && title.starts_with("5e685f77")).count();
    assert_eq!(cards, 500);
    assert!(flow.places.contains_key("finding-5e685f7700000258"), "rows without details are places too");
}

#[test]
fn every_page_that_a_table_reaches_names_its_columns() {
    let faces = faces();
    let flow = laid_out(&many(300), &faces);
    let on_page = |page: &Vec<Mark>, wanted: &str| {
        page.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if text.contains(wanted)))
    };
    let listing: Vec<_> = flow.pages.iter().filter(|page| on_page(page, "unexpected-assumer")).collect();
    let rows = listing.iter().filter(|page| on_page(page, "5e685f77") && on_page(page, "2026-10-19")).count();
    assert!(4 < rows);
    let named = flow.pages.iter().filter(|page| on_page(page, "Movement")).count();
    assert!(6 <= named, "{named}");
}

#[test]
fn names_of_columns_and_words_with_a_colour_stay_whole() {
    let faces = faces();
    let flow = laid_out(&sample("x"), &faces);
    let words = words(&flow);
    let words: Vec<_> = words.lines().map(str::trim_end).collect();
    for whole in ["Provider", "Assumptions", "Continuing", "not-applicable", "only-excepted", "unknown", "excepted"] {
        assert!(words.contains(&whole), "{whole}");
    }
    assert!(
        words.iter().all(|word| word.chars().count() != 1 || !word.chars().all(char::is_alphabetic) || *word == "x")
    );
}

#[test]
fn the_contents_name_the_pages() {
    let faces = faces();
    let flow = laid_out(&many(60), &faces);
    let (page, _) = flow.places["verify"];
    let y = flow.pages[1].iter().find_map(|mark| match mark {
        Mark::Text { text, y, .. } if text == "12 How to verify" => Some(*y),
        _ => None,
    });
    let number = flow.pages[1].iter().find_map(|mark| match mark {
        Mark::Text { text, y: at, x, .. } if Some(*at) == y && 500.0 < *x => Some(text.clone()),
        _ => None,
    });
    assert_eq!(number, Some((page + 1).to_string()));
}

const READ: &str = "import pypdf, sys
reader = pypdf.PdfReader(sys.argv[1], strict=True)
assert reader.trailer['/Root']['/Lang'] == 'en' and reader.trailer['/Root']['/MarkInfo']['/Marked']
assert len(reader.outline) > 12, reader.outline
assert '/CreationDate' not in (reader.metadata or {}), reader.metadata
for page in reader.pages: page.extract_text()
";

#[test]
fn independent_programs_read_the_file() {
    let report = many(60);
    for report in [&report, &sample(&corpus().concat()), &empty()] {
        let bytes = written(report);
        let file = tools::file(&bytes, ".pdf");
        let path = file.path().to_str().expect("UTF-8");
        if tools::has("qpdf", &["--version"], "apt-get install qpdf") {
            let output = tools::call("qpdf", &["--check"], path);
            assert!(output.status.success(), "{}", tools::said(&output));
            let cut = tools::file(&bytes[..bytes.len() / 2], ".pdf");
            assert!(!tools::call("qpdf", &["--check"], cut.path().to_str().expect("UTF-8")).status.success());
        }
        if tools::has("python3", &["-c", "import pypdf"], "pip install -r tests/requirements.txt") {
            let output = tools::call("python3", &["-c", READ], path);
            assert!(output.status.success(), "{}", tools::said(&output));
        }
    }
}

#[test]
fn the_text_of_the_file_is_that_of_the_report() {
    if !tools::has("pdftotext", &["-v"], "apt-get install poppler-utils") {
        return;
    }
    let report = many(60);
    let file = tools::file(&written(&report), ".pdf");
    let path = file.path().to_str().expect("UTF-8");
    let text = tools::said(&tools::call("sh", &["-c", "pdftotext -layout \"$0\" -"], path));
    for found in &report.findings {
        let finding = &found.finding;
        let row =
            text.lines().find(|line| line.trim_start().starts_with(&*finding.id) && line.contains(&*finding.rule));
        let row = row.unwrap_or_else(|| panic!("{} is not in the list", finding.id));
        assert!(row.contains(finding.severity.as_str()) && row.contains(finding.status.as_str()), "{row}");
    }
    let fonts = tools::said(&tools::call("pdffonts", &[], path));
    let listed: Vec<_> = fonts.lines().filter(|line| line.contains("DejaVu")).collect();
    assert_eq!(listed.len(), 3, "{fonts}");
    assert!(listed.iter().all(|line| line.contains(" yes yes yes ")), "{fonts}");
    let about = tools::said(&tools::call("pdfinfo", &[], path));
    assert!(about.contains("Compliance report r-0123456789abcdef (2026-10-01 to 2026-11-01)"), "{about}");
    assert!(about.contains("Tagged:          yes") && !about.contains("CreationDate"), "{about}");
}
