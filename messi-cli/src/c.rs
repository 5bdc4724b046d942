//! The back end of C.
//!
//! `schema` lays out a schema: `layout` its messages, with those of `google`, and `protocol` its sides, both
//! with names by `names`. `encoded_max` finds the greatest sizes of messages, `clashes` reports names that
//! C can't have, and `callbacks` those of callbacks. Templates turn the layout into C. `runtime` has the files
//! that all generated C needs.

mod callbacks;
mod clashes;
mod encoded_max;
mod google;
mod layout;
mod names;
mod protocol;
mod runtime;
mod schema;

use messi_schema::{Diagnostics, Schema};
use serde::Serialize;

use self::layout::File;
use self::protocol::Protocol;
use self::schema::Layout;
use crate::arguments::{GenerateC, Platform, Side};
use crate::error::Error;
use crate::output::GeneratedFile;
use crate::templates::{Template, Templates, template};

const TEMPLATES: &[Template] = &[
    template!("c/message.h"),
    template!("c/message.c"),
    template!("c/client_callbacks.h"),
    template!("c/client_messages.c"),
    template!("c/client_parameters.h"),
    template!("c/client_prepare.h"),
    template!("c/client_async.h"),
    template!("c/client_async.c"),
    template!("c/client_linux.h"),
    template!("c/client_linux.c"),
    template!("c/client_none.h"),
    template!("c/client_none.c"),
    template!("c/server_callbacks.h"),
    template!("c/server_messages.c"),
    template!("c/server_parameters.h"),
    template!("c/server_send.h"),
    template!("c/server_linux.h"),
    template!("c/server_linux.c"),
    template!("c/server_none.h"),
    template!("c/server_none.c"),
];

/// The values of the templates of messages.
#[derive(Serialize)]
struct Context<'a> {
    file: &'a File,
}

/// Generates C.
pub(crate) struct BackEnd {
    templates: Templates,
    platform: Platform,
    /// The sides to generate: `client`, `server`.
    sides: Vec<&'static str>,
}

impl BackEnd {
    /// Creates the back end of a command.
    ///
    /// # Errors
    ///
    /// The framework async has a client only.
    pub(crate) fn new(command: &GenerateC) -> Result<Self, Error> {
        let (platform, side) = (command.platform, command.side);
        if platform == Platform::Async && side == Side::Server {
            let reason = "there is no server for the platform async, whose framework has no finished TCP server: use linux or none";
            return Err(Error::Unsupported(reason.into()));
        }
        let has_server = side.has_server() && platform != Platform::Async;
        let sides = [(side.has_client(), "client"), (has_server, "server")];
        let sides = sides.into_iter().filter(|(is_wanted, _)| *is_wanted);
        Ok(Self {
            templates: Templates::new(TEMPLATES)?,
            platform,
            sides: sides.map(|(_, side)| side).collect(),
        })
    }

    /// Generates the files of a schema. Returns `None` if its names clash in C: that is reported.
    pub(crate) fn generate(
        &self,
        schema: &Schema,
        diagnostics: &mut Diagnostics,
    ) -> Option<Result<Vec<GeneratedFile>, Error>> {
        let layout = schema::lay_out(schema, diagnostics)?;
        Some(self.render(&layout))
    }

    /// Returns the files of the runtime.
    pub(crate) fn runtime(&self) -> Vec<GeneratedFile> {
        let files = runtime::files(self.platform);
        let files = files.map(|(name, text)| GeneratedFile {
            name: name.into(),
            contents: text.into(),
        });
        files.collect()
    }

    fn render(&self, layout: &Layout) -> Result<Vec<GeneratedFile>, Error> {
        let mut generated = Vec::new();
        for file in &layout.files {
            for (name, template) in [(&file.header, "c/message.h"), (&file.source, "c/message.c")] {
                generated.push(GeneratedFile {
                    name: name.clone(),
                    contents: self.templates.render(template, Context { file })?,
                });
            }
        }
        if let Some(protocol) = &layout.protocol {
            for side in &self.sides {
                generated.push(self.render_side(protocol, side, "h")?);
                generated.push(self.render_side(protocol, side, "c")?);
            }
        }
        Ok(generated)
    }

    /// Generates the header or the source of a side.
    fn render_side(
        &self,
        protocol: &Protocol,
        side: &str,
        extension: &str,
    ) -> Result<GeneratedFile, Error> {
        let platform = match self.platform {
            Platform::Linux => "linux",
            Platform::Async => "async",
            Platform::None => "none",
        };
        let template = format!("c/{side}_{platform}.{extension}");
        Ok(GeneratedFile {
            name: format!("{}_{side}.{extension}", protocol.name),
            contents: self.templates.render(&template, protocol)?,
        })
    }
}
