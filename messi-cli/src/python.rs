//! The back end of Python.
//!
//! Each schema becomes a module with its messages, `_pb2.py`, and a stub with their types, `_pb2.pyi`. A
//! protocol becomes a client and a server as well. `modules` finds the module of each type, `annotations`
//! writes types as Python, and `messages` and `protocol` are the values of the templates.

mod annotations;
mod clashes;
mod literal;
mod messages;
mod modules;
mod names;
mod package;
mod protocol;

use messi_schema::{Diagnostics, Schema};

use self::modules::Modules;
use self::package::Package;
use self::protocol::Program;
use crate::arguments::{GeneratePython, Side};
use crate::error::Error;
use crate::output::GeneratedFile;
use crate::templates::{Template, Templates, template};

const TEMPLATES: &[Template] = &[
    template!("python/client.py"),
    template!("python/connection.py"),
    template!("python/members.jinja"),
    template!("python/outbox.py"),
    template!("python/pb2.py"),
    template!("python/pb2.pyi"),
    template!("python/receive_buffer.py"),
    template!("python/requests.py"),
    template!("python/sections.py"),
    template!("python/server.py"),
    template!("python/tasks.py"),
    template!("python/wire.py"),
];

/// Generates Python.
pub(crate) struct BackEnd {
    side: Side,
    package: Package,
    templates: Templates,
}

impl BackEnd {
    /// Creates the back end of a command.
    pub(crate) fn new(command: &GeneratePython) -> Result<Self, Error> {
        Ok(Self {
            side: command.side,
            package: Package::new(command.package.as_deref())?,
            templates: Templates::new(TEMPLATES)?,
        })
    }

    /// Generates the files of a schema. Returns `None` if its names clash in Python: that is reported.
    pub(crate) fn generate(
        &self,
        schema: &Schema,
        diagnostics: &mut Diagnostics,
    ) -> Option<Result<Vec<GeneratedFile>, Error>> {
        let are_valid = clashes::check(schema, self.side, diagnostics);
        are_valid.then(|| self.render(schema))
    }

    fn render(&self, schema: &Schema) -> Result<Vec<GeneratedFile>, Error> {
        let Some(file) = schema.files.last() else {
            return Ok(Vec::new());
        };
        let modules = Modules::new(schema, &self.package);
        let module = names::messages_module(&file.name);
        let code = messages::code(file, &self.package);
        let stub = messages::stub(file, &modules);
        let mut files = vec![
            self.file(format!("{module}.py"), "python/pb2.py", code)?,
            self.file(format!("{module}.pyi"), "python/pb2.pyi", stub)?,
        ];
        if let Some(protocol) = &schema.protocol {
            let stem = names::stem(&file.name);
            if self.side.has_client() {
                let client = Program::client(schema, protocol, &modules);
                let name = format!("{stem}_client.py");
                files.push(self.file(name, "python/client.py", client)?);
            }
            if self.side.has_server() {
                let server = Program::server(schema, protocol, &modules);
                let name = format!("{stem}_server.py");
                files.push(self.file(name, "python/server.py", server)?);
            }
        }
        files.extend(self.package.files());
        Ok(files)
    }

    fn file(
        &self,
        name: String,
        template: &str,
        context: impl serde::Serialize,
    ) -> Result<GeneratedFile, Error> {
        Ok(GeneratedFile {
            name: self.package.path(&name),
            contents: self.templates.render(template, context)?,
        })
    }
}
