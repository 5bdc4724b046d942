//! Changes to the text of a file for `protobuf-parse`.

use std::ops::Range;

/// Replacements of parts that `protobuf-parse` can't read although they are valid. They change
/// neither the meaning of the file nor the place of anything behind them.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<Edit>);

#[derive(Debug)]
#[cfg_attr(
    not(feature = "protobuf-parse"),
    expect(dead_code, reason = "only protobuf-parse needs the text")
)]
struct Edit {
    span: Range<usize>,
    text: String,
}

impl Edits {
    /// Adds a replacement, which ends after all others.
    pub(crate) fn replace(&mut self, span: Range<usize>, text: String) {
        // Edits inside the span go with the text that they were for.
        self.0.retain(|edit| edit.span.end <= span.start);
        self.0.push(Edit { span, text });
    }

    /// Returns the text with all replacements, filled up with spaces to keep places.
    #[cfg(feature = "protobuf-parse")]
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut edited = String::with_capacity(text.len());
        let mut end = 0;
        for edit in &self.0 {
            edited.push_str(&text[end..edit.span.start]);
            edited.push_str(&edit.text);
            let written = edit.text.chars().count();
            let rest = text[edit.span.clone()].chars().skip(written);
            edited.extend(rest.map(|c| if c == '\n' { '\n' } else { ' ' }));
            end = edit.span.end;
        }
        edited.push_str(&text[end..]);
        edited
    }
}
