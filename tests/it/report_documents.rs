//! The documents for people, from the program itself: what the demo's report says as HTML, on paper and as PDF.

use std::path::PathBuf;
use std::process::Output;

use crate::support::Workplace;
use crate::validators::runs;

/// The demo's organisation, and its report as the documents that this build writes.
struct Reported {
    place: Workplace,
    html: PathBuf,
    pdf: Option<PathBuf>,
    findings: Vec<(String, String)>,
}

impl Reported {
    fn new() -> Self {
        let place = Workplace::new();
        place.json(&["demo", "--directory", "it"], 0);
        let formats = if cfg!(feature = "pdf") { "html,pdf" } else { "html" };
        let arguments = ["report", "--config", "it/roletrail.toml", "--database", "sqlite://it/roletrail.db"];
        let rest = ["--format", formats, "--output", "reports"];
        let written = place.json(&[&arguments[..], &rest].concat(), 2);
        let directory = place.path(written["directory"].as_str().expect("a directory"));
        let names = written["files"].as_array().expect("files");
        let file = |end: &str| {
            let name = names.iter().filter_map(|name| name.as_str()).find(|name| name.ends_with(end));
            name.map(|name| directory.join(name))
        };
        let (html, pdf) = (file(".html").expect("HTML"), file(".pdf"));
        let found = place.list(&["findings", "--status", "all", "--database", "sqlite://it/roletrail.db"]);
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let findings = found.iter().map(|one| (text(&one["id"]), text(&one["severity"]))).collect();
        Self { place, html, pdf, findings }
    }

    fn call(&self, program: &str, arguments: &[&str]) -> Output {
        self.place.other(program, arguments).output().expect("the program runs")
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_demos_report_is_whole_as_html_on_paper_and_as_pdf() {
    let reported = Reported::new();
    assert!(10 < reported.findings.len());
    let html = std::fs::read_to_string(&reported.html).expect("the report");
    for (id, severity) in &reported.findings {
        let row =
            html.split("<tr>").find(|row| row.starts_with(&format!("<td class=\"short\"><a href=\"#finding-{id}\"")));
        assert!(row.is_some_and(|row| row.contains(severity)), "{id}");
    }
    validated(&reported);
    printed(&reported);
    assert_eq!(reported.pdf.is_some(), cfg!(feature = "pdf"));
    if let Some(pdf) = &reported.pdf {
        read_as_pdf(&reported, pdf.to_str().expect("UTF-8"));
    }
}

fn validated(reported: &Reported) {
    let path = reported.html.to_str().expect("UTF-8");
    let jar = std::env::var("VNU_JAR").unwrap_or_default();
    if runs("java", &["-jar", &jar, "--version"]) {
        // The checker compares no hashes, and says of every style under a policy that it is not allowed.
        let known = ".*Inline style violates Content Security Policy.*";
        let output = reported.call("java", &["-jar", &jar, "--Werror", "--filterpattern", known, path]);
        assert!(output.status.success(), "{}", said(&output));
    }
    if runs("html-validate", &["--version"]) {
        let output = reported.call("html-validate", &[path]);
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// On every page that a browser prints stand the report's id and the number of the page.
fn printed(reported: &Reported) {
    if !runs("chromium", &["--version"]) || !runs("pdftotext", &["-v"]) {
        return;
    }
    let (profile, paper) = (reported.place.path("profile"), reported.place.path("paper.pdf"));
    let (profile, to) =
        (format!("--user-data-dir={}", profile.display()), format!("--print-to-pdf={}", paper.display()));
    let page = format!("file://{}", reported.html.display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer"];
    let output = reported.call("chromium", &[&flags[..], &[&profile, &to, &page]].concat());
    assert!(paper.is_file(), "{}", said(&output));
    let text = said(&reported.call("pdftotext", &["-layout", paper.to_str().expect("UTF-8"), "-"]));
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(5 < pages.len());
    for (place, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {}", place + 1, pages.len())), "{page}");
        assert!(page.trim_start().starts_with("r-"), "{page}");
    }
    let summary = pages[0];
    assert!(summary.contains("1 Summary") && summary.contains("Exceptions register"), "one page holds it: {summary}");
    let [first, rest @ ..] = &reported.findings[..] else { panic!("no findings") };
    assert!(text.contains(&first.0) && rest.iter().all(|(id, _)| text.contains(id)));
}

fn read_as_pdf(reported: &Reported, path: &str) {
    if runs("qpdf", &["--version"]) {
        let output = reported.call("qpdf", &["--check", path]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    if runs("python3", &["-c", "import pypdf"]) {
        let script = "import pypdf, sys; print(len(pypdf.PdfReader(sys.argv[1], strict=True).pages))";
        let output = reported.call("python3", &["-c", script, path]);
        assert!(output.status.success(), "{}", said(&output));
    }
    if runs("pdftotext", &["-v"]) {
        let text = said(&reported.call("pdftotext", &["-layout", path, "-"]));
        for (id, severity) in &reported.findings {
            let listed = |line: &str| line.trim_start().starts_with(id) && line.contains(severity);
            assert!(text.lines().any(listed), "{id} {severity}");
        }
    }
}
