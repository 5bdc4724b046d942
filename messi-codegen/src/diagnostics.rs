//! What is wrong with a schema: every problem, where it is, and what would be right.

use std::fmt::{self, Display, Formatter};

/// A place in a file: line and column, both from 1 on, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Display for Position {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What was found, and what is expected.
    pub message: String,
    /// The file, as the user or the import wrote it, and the place in it.
    pub location: Option<(String, Option<Position>)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Display for Diagnostic {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.location {
            Some((file, Some(position))) => write!(formatter, "\n --> {file}:{position}")?,
            Some((file, None)) => write!(formatter, "\n --> {file}")?,
            None => {}
        }
        match &self.help {
            Some(help) => write!(formatter, "\n help: {help}"),
            None => Ok(()),
        }
    }
}

/// Collects problems: a check reports and goes on, so that one run shows them all.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Reports a problem at a place in a file.
    pub(crate) fn report(&mut self, file: &str, position: Position, message: impl Into<String>) {
        self.push(message.into(), Some((file.into(), Some(position))), None);
    }

    /// Reports a problem at a place in a file, with advice.
    pub(crate) fn report_with_help(
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

    /// Reports a problem that is in no file.
    pub(crate) fn report_anywhere(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.push(message.into(), None, Some(help.into()));
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong in a file.
    pub(crate) fn concern(&self, file: &str) -> bool {
        let files = self
            .0
            .iter()
            .filter_map(|diagnostic| diagnostic.location.as_ref());
        files.into_iter().any(|(other, _)| other == file)
    }

    /// Whether something is wrong at a place in a file.
    pub(crate) fn concern_place(&self, file: &str, position: Position) -> bool {
        let place = Some((file, Some(position)));
        self.0.iter().any(|diagnostic| {
            let location = diagnostic.location.as_ref();
            location.map(|(file, position)| (file.as_str(), *position)) == place
        })
    }

    /// The problems, those of one file in the order of their places.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_key(|diagnostic| match &diagnostic.location {
            Some((_, position)) => position.unwrap_or_default(),
            None => Position::default(),
        });
        self.0
    }

    fn push(
        &mut self,
        message: String,
        location: Option<(String, Option<Position>)>,
        help: Option<String>,
    ) {
        let diagnostic = Diagnostic {
            message,
            location,
            help,
        };
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
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
            line: 4,
            column: 11,
        };
        diagnostics.report_with_help("chat.proto", position, "found `x`", "write `y`");
        diagnostics.report_file("chat.proto", "found nothing");
        let texts: Vec<String> = diagnostics
            .into_sorted()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            texts,
            [
                "found nothing\n --> chat.proto",
                "found `x`\n --> chat.proto:4:11\n help: write `y`",
            ]
        );
    }

    #[test]
    fn the_same_problem_is_reported_once() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.report_file("a.proto", "bad");
        diagnostics.report_file("a.proto", "bad");
        assert_eq!(diagnostics.into_sorted().len(), 1);
    }
}
