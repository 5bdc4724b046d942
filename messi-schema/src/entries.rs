//! The messages that protobuf declares for the entries of maps.

/// Returns the name of the message that holds an entry of a map.
pub(crate) fn entry_name(field: &str) -> String {
    let parts = field.split('_').map(|part| {
        let mut rest = part.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    format!("{}Entry", parts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_are_left_out() {
        assert_eq!(entry_name("by_name"), "ByNameEntry");
        assert_eq!(entry_name("_x__y1"), "XY1Entry");
    }
}
