//! The back end of C.
//!
//! `schema` lays out a schema: `layout` its messages, with those of `google`, and `protocol` its sides, both
//! with names by `names`. `encoded_max` finds the greatest sizes of messages, and `clashes` reports names that
//! C can't have. Templates turn the layout into C.

mod clashes;
mod encoded_max;
mod google;
mod layout;
mod names;
mod protocol;
mod schema;

use messi_schema::{Diagnostics, Schema};
use serde::Serialize;

use self::layout::File;
use crate::arguments::GenerateC;
use crate::error::Error;
use crate::output::GeneratedFile;
use crate::templates::{Template, Templates, template};

const TEMPLATES: &[Template] = &[template!("c/message.h"), template!("c/message.c")];

/// Returns the name and the text of a file of the runtime.
macro_rules! runtime {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/runtime/c/", $name)),
        )
    };
}

const RUNTIME: &[(&str, &str)] = &[
    runtime!("messi_codec.c"),
    runtime!("messi_codec.h"),
    runtime!("messi_codec_decode.c"),
    runtime!("messi_codec_encode.c"),
    runtime!("messi_codec_private.h"),
    runtime!("pbtools.h"),
];

/// The values of the templates of messages.
#[derive(Serialize)]
struct Context<'a> {
    file: &'a File,
}

/// Generates C.
pub(crate) struct BackEnd {
    templates: Templates,
}

impl BackEnd {
    /// Creates the back end of a command.
    pub(crate) fn new(_command: &GenerateC) -> Result<Self, Error> {
        let templates = Templates::new(TEMPLATES).map_err(Error::Template)?;
        Ok(Self { templates })
    }

    /// Generates the files of a schema. Returns `None` if its names clash in C: that is reported.
    pub(crate) fn generate(
        &self,
        schema: &Schema,
        diagnostics: &mut Diagnostics,
    ) -> Option<Result<Vec<GeneratedFile>, Error>> {
        let layout = schema::lay_out(schema, diagnostics)?;
        Some(self.messages(&layout.files))
    }

    /// Returns the files of the runtime.
    pub(crate) fn runtime(&self) -> Vec<GeneratedFile> {
        let files = RUNTIME.iter().map(|(name, text)| GeneratedFile {
            name: (*name).into(),
            contents: (*text).into(),
        });
        files.collect()
    }

    /// Generates the messages of files.
    fn messages(&self, files: &[File]) -> Result<Vec<GeneratedFile>, Error> {
        let mut generated = Vec::new();
        for file in files {
            for (name, template) in [(&file.header, "c/message.h"), (&file.source, "c/message.c")] {
                let contents = self.templates.render(template, Context { file });
                generated.push(GeneratedFile {
                    name: name.clone(),
                    contents: contents.map_err(Error::Template)?,
                });
            }
        }
        Ok(generated)
    }
}
