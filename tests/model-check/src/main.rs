//! Runs the model check
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]
use model_check::*;
fn main() {
    let most: usize = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap();
    let only: Option<String> = std::env::args().nth(2);
    let mut total = 0;
    for named in worlds() { let name = named.name;
        if only.as_ref().is_some_and(|o| !named.name.contains(o.as_str())) { continue; }
        let n = named.starts.len();
        let t = std::time::Instant::now();
        let c = checked(named, 2, most);
        total += c.states;
        println!("{}: {} starts, {} states, depth {}, exhausted {}, {:?}", name, n, c.states, c.depth, c.is_exhausted, t.elapsed());
        for f in c.faults { println!("{f}"); }
    }
    println!("total {total}");
}
