//! What it costs: the sum that the docs name is that of the table.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

fn docs(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::read_to_string(docs.join(name)).unwrap()
}

#[test]
fn the_sum_that_is_named_is_that_of_the_table() {
    let (manual, questions) = (docs("operations.md"), docs("faq.md"));
    let section = manual.split("## What it costs").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.contains("---"));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let costs: Vec<(&str, f64)> =
        cells.filter_map(|cells| Some((cells[0], cells.last()?.parse().ok()?))).collect();
    let always = costs.iter().filter(|(what, _)| !["each handover", "foreign instances"].contains(what));
    let sum: f64 = always.map(|(_, cost)| cost).sum();
    assert!(costs.len() > 8 && sum > 1.0, "{costs:?}");
    // To the next ten cents.
    let named = format!("about ${:.2}", (sum * 10.0).round() / 10.0);
    assert!(section.contains(&named), "operations.md does not say {named}");
    assert!(questions.to_lowercase().contains(&named), "faq.md does not say {named}");
    let free = |text: &str| text.contains("40\ncents") || text.contains("40 cents");
    assert!(free(section) && free(&questions));
}
