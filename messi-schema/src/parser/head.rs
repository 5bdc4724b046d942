//! The head of a file, and the statements outside of blocks.

use super::{Parser, comments};
use crate::ast::{File, ImportKind, ImportStatement};
use crate::comments::Comments;
use crate::position::Spanned;
use crate::similar::nearest;

/// The first words of statements outside of blocks.
pub(super) const KEYWORDS: &[&str] = &[
    "syntax", "package", "import", "option", "message", "enum", "service", "extend",
];

/// The same in a sentence, without the rare ones.
const EXPECTED: &str = "`message`, `enum`, `import`, `package`, `option` or `service`";

impl Parser<'_, '_> {
    /// Reads the whole file.
    pub(super) fn file(mut self) -> File {
        self.find_package();
        while !self.is_at_end() {
            self.statement(&mut Self::top_level);
        }
        if let Some(block) = self.unclosed {
            self.report_unclosed(block);
        }
        // One in a broken statement is in the full names.
        if self.file.packages.is_empty() && !self.package.is_empty() {
            self.file.packages.push(Spanned::made_up(&self.package));
        }
        self.file
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
                self.file.settings.push(setting);
                Some(())
            }
            "message" => self.message(),
            "enum" => self.enumeration(),
            "service" => self.service(),
            "extend" => self.extend(),
            "}" => self.report(token.position, "found `}` without an opening half"),
            word => match keyword_for(word) {
                Some(help) => self.unexpected_with_help(EXPECTED, &help),
                None => self.unexpected(EXPECTED),
            },
        }
    }

    fn syntax(&mut self) -> Option<()> {
        if self.last().is_some() {
            let message = format!("found `{}` after other statements", self.peek()?.text);
            return self.report_with_help(self.place(), message, "a file begins with it, once");
        }
        let first = self.peek()?;
        self.bump();
        self.symbol('=', "`=`")?;
        let word = self.text("the syntax in quotes: \"proto3\"")?;
        self.file.syntax.push(word);
        self.symbol(';', "`;`")?;
        self.file.comments = comments(first, self.last());
        Some(())
    }

    fn package(&mut self) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let word = self.dotted(false, "the name of a package")?;
        self.file.packages.push(word);
        self.symbol(';', "`;`")?;
        if self.file.packages.len() == 1 {
            self.file.package_comments = comments(first, self.last());
        }
        Some(())
    }

    fn import(&mut self) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let kind = if self.eat_word("public").is_some() {
            ImportKind::Public
        } else if self.eat_word("weak").is_some() {
            ImportKind::Weak
        } else {
            ImportKind::Private
        };
        let path = self.text("the path of a file in quotes")?;
        self.file.imports.push(ImportStatement {
            path,
            kind,
            comments: Comments::default(),
        });
        let index = self.file.imports.len() - 1;
        self.symbol(';', "`;`")?;
        self.file.imports[index].comments = comments(first, self.last());
        Some(())
    }
}

/// Returns the advice for a word in place of a keyword.
fn keyword_for(word: &str) -> Option<String> {
    let keyword = match word {
        "class" | "interface" | "record" | "struct" | "type" => Some("message"),
        "union" => return Some("declare a `oneof` in a message".into()),
        "include" | "use" | "using" => Some("import"),
        "namespace" => Some("package"),
        _ => nearest(word, KEYWORDS.iter().copied()),
    };
    keyword.map(|keyword| format!("did you mean `{keyword}`?"))
}
