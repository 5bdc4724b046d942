//! Lists in sentences.

/// Joins names to a list: `a, b or c`.
pub fn list<T: AsRef<str>>(names: &[T], conjunction: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match &names[..] {
        [names @ .., last] if !names.is_empty() => {
            format!("{} {conjunction} {last}", names.join(", "))
        }
        names => names.concat(),
    }
}

/// Joins names to a list, each as code: `` `a`, `b` and `c` ``.
pub fn code_list<T: AsRef<str>>(names: &[T], conjunction: &str) -> String {
    let names = names.iter().map(|name| format!("`{}`", name.as_ref()));
    list(&names.collect::<Vec<_>>(), conjunction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_is_apart() {
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(list(&["a"], "or"), "a");
        assert_eq!(list::<&str>(&[], "or"), "");
        assert_eq!(code_list(&["a", "b"], "and"), "`a` and `b`");
    }
}
