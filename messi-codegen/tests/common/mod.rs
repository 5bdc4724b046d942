//! What several tests of schemas share.

use messi_codegen::Diagnostic;

/// A problem without the line of its file, which the place in it tells as well.
pub(crate) fn brief(problem: &Diagnostic) -> String {
    let mut text = problem.message.clone();
    match &problem.location {
        Some((file, Some(position))) => text += &format!("\n --> {file}:{position}"),
        Some((file, None)) => text += &format!("\n --> {file}"),
        None => {}
    }
    if let Some(help) = &problem.help {
        text += &format!("\n help: {help}");
    }
    text
}
