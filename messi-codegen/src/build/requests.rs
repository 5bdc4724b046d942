//! Which messages are requests, and which their answers: told by their names.

use crate::model::{Direction, Request};

/// How the name of a request ends.
const REQUEST: &str = "_req";

/// How the name of its answer ends.
const ANSWER: &str = "_rsp";

/// The requests of a direction that have an answer in the other.
pub(super) fn find(requests: &Direction, answers: &Direction) -> Vec<Request> {
    let members = requests.choices.iter().map(|choice| &choice.member);
    let pairs = members.filter_map(|request| {
        let stem = request.name.strip_suffix(REQUEST)?;
        let answers = answers.choices.iter().map(|choice| &choice.member);
        let answer = answers
            .into_iter()
            .find(|answer| answer.name.strip_suffix(ANSWER) == Some(stem))?;
        Some(Request {
            request: request.clone(),
            answer: answer.clone(),
        })
    });
    pairs.collect()
}
