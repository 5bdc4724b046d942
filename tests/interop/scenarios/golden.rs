//! Sends the same bytes to all implementations, and compares the effects with a table.

pub(super) mod client;
pub(super) mod server;

/// A row of the table: bytes, and their effect.
#[derive(Clone)]
struct Case<Implementation, Outcome> {
    name: &'static str,
    sent: Vec<u8>,
    /// The effect that proto3 and the protocol demand.
    usual: Outcome,
    /// Implementations with another effect.
    exceptions: Vec<Exception<Implementation, Outcome>>,
}

#[derive(Clone)]
struct Exception<Implementation, Outcome> {
    implementation: Implementation,
    outcome: Outcome,
}

impl<Implementation: PartialEq, Outcome: Clone> Case<Implementation, Outcome> {
    fn new(name: &'static str, sent: Vec<u8>, usual: Outcome) -> Self {
        Self {
            name,
            sent,
            usual,
            exceptions: Vec::new(),
        }
    }

    /// Adds implementations with another effect, and the reason.
    fn except<const COUNT: usize>(
        mut self,
        implementations: [Implementation; COUNT],
        outcome: Outcome,
        _reason: &'static str,
    ) -> Self {
        let exceptions = implementations.map(|implementation| Exception {
            implementation,
            outcome: outcome.clone(),
        });
        self.exceptions.extend(exceptions);
        self
    }

    fn expected(&self, implementation: &Implementation) -> &Outcome {
        let exception = self
            .exceptions
            .iter()
            .find(|exception| exception.implementation == *implementation);

        exception.map_or(&self.usual, |exception| &exception.outcome)
    }
}

/// Panics with all rows that failed, since several often have one cause.
fn assert_none(mistakes: &[String]) {
    assert!(
        mistakes.is_empty(),
        "{} rows:\n{}",
        mistakes.len(),
        mistakes.join("\n")
    );
}
