//! Measures sessions: the bytes that they add, the time of an interruption, and 10,000 interruptions at once.

mod chat;
mod overhead;
mod proxy;
mod recovery;
mod unruly;

/// The number of sessions that are interrupted together, unless the command line says otherwise.
const SESSIONS: usize = 10_000;

/// The time for which sessions are disturbed, unless the command line says otherwise.
const UNRULY_SECONDS: u64 = 600;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server"] => recovery::serve(),
        ["proxy", server] => proxy::run(server),
        ["unruly-proxy", server] => proxy::run_unruly(server),
        ["overhead"] => overhead::measure(),
        ["single"] => recovery::measure_single(),
        ["many"] => recovery::measure_many(SESSIONS),
        ["many", sessions] => recovery::measure_many(parse(sessions)),
        ["unruly"] => unruly::measure(UNRULY_SECONDS),
        ["unruly", seconds] => unruly::measure(parse(seconds) as u64),
        ["away"] => recovery::measure_away(SESSIONS),
        [] => {
            overhead::measure();
            recovery::measure_single();
            recovery::measure_many(SESSIONS);
            recovery::measure_away(SESSIONS);
        }
        _ => work::fail(
            "expected `overhead`, `single`, `many`, `many` and a number, `away`, \
             `unruly`, `unruly` and a number, or nothing",
        ),
    }
}

fn parse(number: &str) -> usize {
    let parsed = number.parse();
    parsed.unwrap_or_else(|_| work::fail(format!("{number:?} is not a number")))
}
