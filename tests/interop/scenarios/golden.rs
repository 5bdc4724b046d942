//! The same bytes to every implementation, and what each makes of them.

pub(super) mod client;
pub(super) mod server;

/// Bytes, and what becomes of them.
#[derive(Clone)]
struct Case<Who, Outcome> {
    name: &'static str,
    sent: Vec<u8>,
    /// What proto3 and the protocol ask for.
    usual: Outcome,
    /// Who does something else.
    exceptions: Vec<Exception<Who, Outcome>>,
}

#[derive(Clone)]
struct Exception<Who, Outcome> {
    who: Who,
    outcome: Outcome,
}

impl<Who: PartialEq, Outcome> Case<Who, Outcome> {
    fn new(name: &'static str, sent: Vec<u8>, usual: Outcome) -> Self {
        Self {
            name,
            sent,
            usual,
            exceptions: Vec::new(),
        }
    }

    /// Documents a known difference, with its reason.
    fn except(mut self, who: Who, outcome: Outcome, _reason: &'static str) -> Self {
        self.exceptions.push(Exception { who, outcome });
        self
    }

    fn expected(&self, who: &Who) -> &Outcome {
        let exception = self
            .exceptions
            .iter()
            .find(|exception| exception.who == *who);

        exception.map_or(&self.usual, |exception| &exception.outcome)
    }
}

/// Fails with every row that went wrong, since several often have one cause.
fn assert_none(mistakes: &[String]) {
    assert!(
        mistakes.is_empty(),
        "{} rows:\n{}",
        mistakes.len(),
        mistakes.join("\n")
    );
}
