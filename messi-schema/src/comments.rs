//! The comments of an item.

/// The comments of an item, as lines without the markers of comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comments {
    /// The comment that ends on the line before the item.
    pub leading: Vec<String>,
    /// The comment behind the item on its line.
    pub trailing: Vec<String>,
}

impl Comments {
    /// Returns the lines of both comments, with an empty line between them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.leading.clone();
        if !lines.is_empty() && !self.trailing.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.trailing.iter().cloned());
        lines
    }
}
