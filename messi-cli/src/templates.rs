//! Renders templates.
//!
//! A template is a file of C or Python with placeholders, so that it can be read as such. A
//! placeholder without a value is an error.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior};
use serde::Serialize;

/// A template: its name, and its text.
pub(crate) type Template = (&'static str, &'static str);

/// Returns the template in a file of `templates/`.
macro_rules! template {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name)),
        )
    };
}
pub(crate) use template;

/// The templates of one language.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// Creates templates from their texts. A template may include others of the same list.
    pub(crate) fn new(templates: &[Template]) -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A line with a block alone leaves no output.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        syntax.keep_trailing_newline(true);
        environment.set_syntax(syntax.build()?);
        for (name, text) in templates {
            environment.add_template(name, text)?;
        }
        Ok(Self(environment))
    }

    /// Renders a template.
    pub(crate) fn render(&self, name: &str, context: impl Serialize) -> Result<String, Error> {
        self.0.get_template(name)?.render(Serde(context))
    }
}
