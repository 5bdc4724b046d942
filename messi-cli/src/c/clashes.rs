//! Reports names of a schema that differ in protobuf, but not in C.

use std::collections::HashMap;

use messi_schema::{Diagnostics, Position, ProtoFile};

use super::layout::{Enum, File, Message};

/// The names of the runtime begin with these.
const RUNTIME_PREFIXES: [&str; 2] = ["messi_", "pbtools_"];

/// Reports names that clash, each at the place of the later item.
///
/// The files are those that one source of C includes. `reserved` are the tags of structs that are
/// generated beside the messages, each with its description.
pub(crate) fn check(
    files: &[(&ProtoFile, &File)],
    reserved: &[(String, &str)],
    diagnostics: &mut Diagnostics,
) {
    let mut names = Names {
        diagnostics,
        headers: HashMap::new(),
        tags: HashMap::new(),
        symbols: HashMap::new(),
    };
    for (tag, what) in reserved {
        names.tags.insert(tag.clone(), (*what).into());
    }
    for (source, file) in files {
        names.add_header(&source.display_name, file);
        for it in &file.enums {
            names.add_enum(&source.display_name, it);
        }
        for message in &file.messages {
            names.add_message(&source.display_name, message);
        }
    }
}

/// The item that has a name, as problems show it.
type Owner = String;

/// Where an item is declared.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    position: Position,
}

struct Names<'a> {
    diagnostics: &'a mut Diagnostics,
    headers: HashMap<String, Owner>,
    /// Names behind `struct` and `enum`.
    tags: HashMap<String, Owner>,
    /// Functions, objects and constants.
    symbols: HashMap<String, Owner>,
}

impl Names<'_> {
    fn add_header(&mut self, display_name: &str, file: &File) {
        let place = Place {
            file: display_name,
            position: Position::START,
        };
        let owner = format!("the file `{}`", file.name);
        let header = file.header.as_str();
        let is_of_runtime = RUNTIME_PREFIXES.iter().any(|it| header.starts_with(it));
        let is_taken = is_of_runtime || matches!(header, "messi.h" | "pbtools.h");
        if is_taken {
            let message =
                format!("found {owner}, whose header `{header}` would be that of the runtime");
            let help = "rename the file";
            self.diagnostics
                .report_with_help(place.file, place.position, message, help);
            return;
        }
        claim(self.diagnostics, &mut self.headers, header, &owner, place);
    }

    fn add_enum(&mut self, file: &str, it: &Enum) {
        let place = |position| Place { file, position };
        let owner = format!("the enum `{}`", it.full_name);
        self.tag(&it.tag, &owner, place(it.position));
        for value in &it.values {
            let owner = format!("a value of the enum `{}`", it.full_name);
            self.symbol(&value.name, &owner, place(value.position));
        }
    }

    fn add_message(&mut self, file: &str, message: &Message) {
        let place = |position| Place { file, position };
        let base = &message.base;
        let owner = match message.is_map_entry {
            true => format!("the entry `{}` of a map", message.full_name),
            false => format!("the message `{}`", message.full_name),
        };
        for suffix in ["_t", "_repeated_t"] {
            self.tag(&format!("{base}{suffix}"), &owner, place(message.position));
        }
        for suffix in ["_type", "_new", "_encode", "_decode"] {
            self.symbol(&format!("{base}{suffix}"), &owner, place(message.position));
        }
        for oneof in &message.oneofs {
            let owner = format!("the oneof `{}`", oneof.full_name);
            for suffix in ["_oneof_t", "_choice_e"] {
                let tag = format!("{}{suffix}", oneof.base);
                self.tag(&tag, &owner, place(oneof.position));
            }
            let mut members = HashMap::new();
            let none = format!("{}_choice_none_e", oneof.base);
            self.symbol(&none, &owner, place(oneof.position));
            for member in &oneof.members {
                let owner = field(message, &member.field);
                let place = place(member.position);
                self.member(&mut members, &member.name, &owner, place);
                self.symbol(member.choice.as_deref().unwrap_or_default(), &owner, place);
            }
        }
        let mut members = HashMap::new();
        for member in &message.members {
            let owner = field(message, &member.field);
            self.member(&mut members, &member.name, &owner, place(member.position));
        }
        for function in &message.functions {
            let owner = field(message, &function.field);
            self.symbol(&function.name, &owner, place(function.position));
        }
    }

    fn tag(&mut self, name: &str, owner: &str, place: Place<'_>) {
        if self.is_valid(name, owner, place) {
            claim(self.diagnostics, &mut self.tags, name, owner, place);
        }
    }

    fn symbol(&mut self, name: &str, owner: &str, place: Place<'_>) {
        if self.is_valid(name, owner, place) {
            claim(self.diagnostics, &mut self.symbols, name, owner, place);
        }
    }

    fn member(
        &mut self,
        members: &mut HashMap<String, Owner>,
        name: &str,
        owner: &str,
        place: Place<'_>,
    ) {
        claim(self.diagnostics, members, name, owner, place);
    }

    /// Reports a name that is kept for the runtime.
    fn is_valid(&mut self, name: &str, owner: &str, place: Place<'_>) -> bool {
        let Some(prefix) = RUNTIME_PREFIXES.iter().find(|it| name.starts_with(*it)) else {
            return true;
        };
        let message = format!("found {owner}, which needs `{name}` in C");
        let help = format!("names with `{prefix}` are those of the runtime: use another package");
        report(self.diagnostics, place, message, help);
        false
    }
}

fn field(message: &Message, name: &str) -> Owner {
    format!("`{}.{name}`", message.full_name)
}

/// Takes a name for an item, or reports that it is taken.
fn claim(
    diagnostics: &mut Diagnostics,
    names: &mut HashMap<String, Owner>,
    name: &str,
    owner: &str,
    place: Place<'_>,
) {
    if let Some(other) = names.get(name) {
        let message = format!("found {owner}, which needs `{name}` in C, as {other} does");
        report(diagnostics, place, message, "rename one of them".into());
        return;
    }
    names.insert(name.into(), owner.into());
}

/// Reports a problem, unless there is one at its place already: an item has several names.
fn report(diagnostics: &mut Diagnostics, place: Place<'_>, message: String, help: String) {
    if !diagnostics.has_problem_at(place.file, place.position) {
        diagnostics.report_with_help(place.file, place.position, message, help);
    }
}
