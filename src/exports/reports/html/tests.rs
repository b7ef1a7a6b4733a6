use crate::exports::reports::sample::sample;
#[test]
fn dump() {
    std::fs::create_dir_all("/tmp/docout").unwrap();
    let file = super::write(&sample("arn:aws:sts::111122223333:assumed-role/admin/alice <b>\u{202e}x 东京"))
        .expect("x")
        .remove(0);
    std::fs::write("/tmp/docout/sample.html", file.bytes).unwrap();
    let file = super::write(&crate::exports::reports::document::tests::many(120)).expect("x").remove(0);
    std::fs::write("/tmp/docout/many.html", file.bytes).unwrap();
    let start = std::time::Instant::now();
    let file = super::write(&crate::exports::reports::document::tests::many(100_000)).expect("x").remove(0);
    eprintln!("100k html {} bytes {:?}", file.bytes.len(), start.elapsed());
}
