//! Suggestions for misspelled names.

/// Returns the candidate that is most similar to a name, if it is similar enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let may_be_near = |candidate: &&str| candidate.len().abs_diff(name.len()) <= name.len() / 3;
    let nearest = candidates
        .into_iter()
        .filter(may_be_near)
        .map(|candidate| (distance(name, candidate), candidate))
        .min()?;
    (nearest.0 <= name.len() / 3).then_some(nearest.1)
}

/// Counts the characters to change, insert, remove or swap with the next to turn one name into the
/// other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_may_be_meant_is_near() {
        assert_eq!(nearest("mesage", ["enum", "message"]), Some("message"));
        assert_eq!(nearest("X", ["Y", "Z"]), None);
        assert_eq!(nearest("Point", ["Ping"]), None);
    }

    #[test]
    fn distance_counts_single_changes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("Shpae", "Shape"), 1);
    }
}
