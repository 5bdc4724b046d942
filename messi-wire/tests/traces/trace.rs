//! Reads traces.

/// A case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) is_server: bool,
    /// The largest payload.
    pub(crate) limit: usize,
    pub(crate) steps: Vec<Step>,
}

/// An action or an expectation.
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) word: String,
    pub(crate) argument: String,
}

pub(crate) fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
        if word == "case" {
            cases.push(Case {
                name: argument.into(),
                is_server: false,
                limit: 124,
                steps: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a case comes first");
        match word {
            "side" => case.is_server = argument == "server",
            "limit" => case.limit = argument.parse().expect("a number"),
            _ => case.steps.push(Step {
                line: number + 1,
                word: word.into(),
                argument: argument.into(),
            }),
        }
    }
    cases
}

/// Decodes hexadecimal bytes.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|it| *it != ' ')
        .map(|it| it.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    digits.chunks(2).map(|it| it[0] * 16 + it[1]).collect()
}
