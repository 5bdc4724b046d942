//! The top of a file, and what stands outside of every block.

use super::reader::Reader;
use super::{Import, Scan};
use crate::check::similar::nearest;

/// The words that a statement outside of every block begins with.
const KEYWORDS: &[&str] = &[
    "syntax", "package", "import", "option", "message", "enum", "service", "extend",
];

/// The same for a sentence, without those that few need.
const EXPECTED: &str = "`message`, `enum`, `import`, `package`, `option` or `service`";

impl Reader<'_, '_> {
    /// Reads the whole file.
    pub(super) fn file(mut self) -> Scan {
        self.find_package();
        while !self.is_at_end() {
            self.statement(&mut Self::top_level);
        }
        self.scan
    }

    fn top_level(&mut self) -> Option<()> {
        let Some(token) = self.peek() else {
            return Some(());
        };
        match token.text.as_str() {
            "syntax" | "edition" => self.syntax(),
            "package" => self.package(),
            "import" => self.import(),
            "option" => {
                let setting = self.option()?;
                self.scan.settings.push(setting);
                Some(())
            }
            "message" => self.message(),
            "enum" => self.enumeration(),
            "service" => self.service(),
            "extend" => self.extend(),
            word => match nearest(word, KEYWORDS.iter().copied()) {
                Some(keyword) => {
                    let help = format!("did you mean `{keyword}`?");
                    self.report_with_help(
                        self.place(),
                        format!("found `{word}`, expected {EXPECTED}"),
                        &help,
                    )
                }
                None => self.unexpected(EXPECTED),
            },
        }
    }

    fn syntax(&mut self) -> Option<()> {
        if self.last().is_some() {
            let message = format!("found `{}` after other statements", self.peek()?.text);
            return self.report_with_help(self.place(), message, "a file begins with it, once");
        }
        self.bump();
        self.symbol('=', "`=`")?;
        let word = self.text("the syntax in quotes: \"proto3\"")?;
        self.scan.syntax.push(word);
        self.symbol(';', "`;`")
    }

    fn package(&mut self) -> Option<()> {
        self.bump();
        let word = self.dotted(false, "the name of a package")?;
        self.scan.packages.push(word);
        self.symbol(';', "`;`")
    }

    fn import(&mut self) -> Option<()> {
        self.bump();
        let is_public = self.eat_word("public").is_some();
        if !is_public {
            self.eat_word("weak");
        }
        let path = self.text("the path of a file in quotes")?;
        self.scan.imports.push(Import { path, is_public });
        self.symbol(';', "`;`")
    }
}
