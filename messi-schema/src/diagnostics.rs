//! Problems with a schema: a message, a place and a way to fix it.

mod excerpt;

use std::fmt::{self, Display, Formatter};

use crate::position::Position;

/// A problem with a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The message: found …, expected ….
    pub message: String,
    /// The file, as the user or the import wrote it, and the place in it.
    pub location: Option<(String, Option<Position>)>,
    /// The line of the file that the place is in, without its end.
    pub source_line: Option<String>,
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
pub struct Diagnostics(Vec<Diagnostic>);

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
    pub(crate) fn report_anywhere(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.push(message.into(), None, Some(help.into()));
    }

    /// Returns whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a problem with a file has been reported.
    pub(crate) fn has_problem_in(&self, file: &str) -> bool {
        let files = self
            .0
            .iter()
            .filter_map(|diagnostic| diagnostic.location.as_ref());
        files.into_iter().any(|(other, _)| other == file)
    }

    /// Returns whether a problem at a place in a file has been reported.
    pub fn has_problem_at(&self, file: &str, position: Position) -> bool {
        let place = Some((file, Some(position)));
        self.0.iter().any(|diagnostic| {
            let location = diagnostic.location.as_ref();
            location.map(|(file, position)| (file.as_str(), *position)) == place
        })
    }

    /// Returns the problems in the order of their places, each with its source line. `texts` holds
    /// the text of each file by the name that problems show.
    pub(crate) fn into_sorted(mut self, texts: &[(String, String)]) -> Vec<Diagnostic> {
        for diagnostic in &mut self.0 {
            diagnostic.source_line = source_line(diagnostic, texts);
        }
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
            source_line: None,
            help,
        };
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }
}

fn source_line(diagnostic: &Diagnostic, texts: &[(String, String)]) -> Option<String> {
    let (file, Some(position)) = diagnostic.location.as_ref()? else {
        return None;
    };
    let (_, text) = texts.iter().find(|(name, _)| name == file)?;
    text.lines().nth(position.line - 1).map(Into::into)
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
