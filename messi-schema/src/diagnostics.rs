//! Problems with a schema: a message, a place and a way to fix it.

mod excerpt;

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::position::Position;

/// A file and a place in it.
type Location = (String, Option<Position>);

/// A problem with a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The message: found …, expected ….
    pub message: String,
    /// The file, as the user or the import wrote it, and the place in it.
    pub location: Option<Location>,
    /// The line of the file that the place is in, without its end.
    pub source_line: Option<Arc<str>>,
    /// A way to fix it.
    pub help: Option<String>,
}

impl Display for Diagnostic {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        let line = match &self.location {
            Some((_, Some(position))) => position.line,
            _ => 1,
        };
        let margin = line.to_string().len();
        match &self.location {
            Some((file, Some(position))) => {
                write!(formatter, "\n{:margin$}--> {file}:{position}", "")?;
                if let Some(line) = &self.source_line {
                    excerpt::write(formatter, line, *position, margin)?;
                }
            }
            Some((file, None)) => write!(formatter, "\n{:margin$}--> {file}", "")?,
            None => {}
        }
        match &self.help {
            Some(help) => write!(formatter, "\n{:margin$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

/// Collects problems. A check reports a problem and goes on, so that one run shows all problems.
#[derive(Debug, Default)]
pub struct Diagnostics {
    problems: Vec<Diagnostic>,
    /// The indices of the problems at each place. A hostile schema can have thousands.
    by_location: HashMap<Option<Location>, Vec<usize>>,
}

impl Diagnostics {
    /// Reports a problem at a place in a file.
    pub fn report(&mut self, file: &str, position: Position, message: impl Into<String>) {
        self.push(message.into(), Some((file.into(), Some(position))), None);
    }

    /// Reports a problem at a place in a file, with advice.
    pub fn report_with_help(
        &mut self,
        file: &str,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(
            message.into(),
            Some((file.into(), Some(position))),
            Some(help.into()),
        );
    }

    /// Reports a problem with a file as a whole.
    pub(crate) fn report_file(&mut self, file: &str, message: impl Into<String>) {
        self.push(message.into(), Some((file.into(), None)), None);
    }

    /// Reports a problem that belongs to no file.
    pub fn report_anywhere(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.push(message.into(), None, Some(help.into()));
    }

    /// Returns whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns whether a problem with a file has been reported.
    pub(crate) fn has_problem_in(&self, file: &str) -> bool {
        let mut locations = self.by_location.keys().flatten();
        locations.any(|(other, _)| other == file)
    }

    /// Returns whether a problem at a place in a file has been reported.
    pub fn has_problem_at(&self, file: &str, position: Position) -> bool {
        let location = Some((file.into(), Some(position)));
        self.by_location.contains_key(&location)
    }

    /// Returns the problems in the order of their places, each with its source line. `texts` holds
    /// the text of each file by the name that problems show.
    pub(crate) fn into_sorted(mut self, texts: &[(String, String)]) -> Vec<Diagnostic> {
        // Lines are shared, as one line can have many problems, and be as long as its file.
        let lines = texts.iter().map(|(file, text)| {
            let lines: Vec<Arc<str>> = text.lines().map(Into::into).collect();
            (file.as_str(), lines)
        });
        let lines: HashMap<&str, Vec<Arc<str>>> = lines.collect();
        for problem in &mut self.problems {
            if let Some((file, Some(position))) = &problem.location {
                let line = lines.get(file.as_str());
                problem.source_line = line
                    .and_then(|it| it.get(position.line.checked_sub(1)?))
                    .cloned();
            }
        }
        self.problems
            .sort_by_key(|problem| match &problem.location {
                Some((_, position)) => position.unwrap_or_default(),
                None => Position::default(),
            });
        self.problems
    }

    fn push(&mut self, message: String, location: Option<Location>, help: Option<String>) {
        let diagnostic = Diagnostic {
            message,
            location,
            source_line: None,
            help,
        };
        let location = diagnostic.location.clone();
        let indices = self.by_location.entry(location).or_default();
        if indices
            .iter()
            .all(|&index| self.problems[index] != diagnostic)
        {
            indices.push(self.problems.len());
            self.problems.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_where_and_what_to_do() {
        let mut diagnostics = Diagnostics::default();
        let position = Position {
            line: 10,
            column: 3,
        };
        diagnostics.report_with_help("chat.proto", position, "found `x`", "write `y`");
        diagnostics.report_file("chat.proto", "found nothing");
        diagnostics.report_anywhere("found no file", "make one");
        let text = "\n".repeat(9) + "  x\n";
        let texts = [("chat.proto".to_string(), text)];
        let problems = diagnostics.into_sorted(&texts);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "found nothing\n --> chat.proto",
                "found no file\n  = help: make one",
                "found `x`\n  --> chat.proto:10:3\n   |\n10 |   x\n   |   ^\n   = help: write `y`",
            ]
        );
    }

    #[test]
    fn the_same_problem_is_reported_once() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.report_file("a.proto", "bad");
        diagnostics.report_file("a.proto", "bad");
        assert_eq!(diagnostics.into_sorted(&[]).len(), 1);
    }
}
