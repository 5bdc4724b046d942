//! Checks that options are known, set once, of the right type, and make sense.
//!
//! Options that a schema declares itself, `(acme.option)`, may have any value.

mod meaning;

use crate::ast::{File, LiteralKind, Setting};
use crate::diagnostics::Diagnostics;
use crate::list::code_list;
use crate::options::{KnownOption, OF_EDITIONS, OptionOwner, OptionType};
use crate::resolve::Symbols;
use crate::similar::nearest;

pub(super) fn check(files: &[&File], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for &file in files {
        let check = &mut OptionCheck { file, diagnostics };
        check.settings(OptionOwner::File, &file.settings);
        for declaration in &file.declarations {
            let owner = OptionOwner::of(declaration.kind);
            check.settings(owner, &declaration.settings);
            meaning::check(file, declaration, symbols, check.diagnostics);
        }
    }
    meaning::check_optimization(files, diagnostics);
}

struct OptionCheck<'a> {
    file: &'a File,
    diagnostics: &'a mut Diagnostics,
}

impl OptionCheck<'_> {
    fn settings(&mut self, owner: OptionOwner, settings: &[Setting]) {
        let mut standard: Vec<&Setting> = Vec::new();
        for setting in settings.iter().filter(|setting| !setting.is_custom()) {
            let name = &setting.name.value;
            let known = owner.find(name);
            let earlier = standard.iter().find(|earlier| earlier.name.value == *name);
            if let Some(earlier) = earlier.filter(|_| !known.is_some_and(|known| known.repeats)) {
                self.second(setting, earlier);
            }
            match known {
                Some(known) => self.value(known, setting),
                None => self.unknown(owner, setting),
            }
            standard.push(setting);
        }
    }

    fn second(&mut self, setting: &Setting, earlier: &Setting) {
        let message = format!("found the option `{}` a second time", setting.name.value);
        let help = format!(
            "the first is at {}:{}",
            self.file.display_name, earlier.name.position
        );
        self.report(setting, message, help);
    }

    fn unknown(&mut self, owner: OptionOwner, setting: &Setting) {
        let name = &setting.name.value;
        let first = name.split('.').next().unwrap_or(name);
        if OF_EDITIONS.contains(&first) {
            let message = format!("found the option `{name}`, which is for editions of protobuf");
            let help = "remove it: this file is of proto3".into();
            return self.report(setting, message, help);
        }
        if name == "default" {
            let message = "found the option `default`, which proto3 does not have".into();
            let help = "remove it: a field without a value is zero, false or empty".into();
            return self.report(setting, message, help);
        }
        let message = format!("found the unknown option `{name}` of {owner}");
        let names = owner.names();
        let help = match nearest(name, names.iter().copied()) {
            Some(similar) => format!("an option with a similar name exists: `{similar}`"),
            None => format!("the options of {owner} are {}", names.join(", ")),
        };
        self.report(setting, message, help);
    }

    fn value(&mut self, known: &KnownOption, setting: &Setting) {
        let value = &setting.value.text;
        let (fits, expected) = match known.ty {
            OptionType::Bool => (
                setting.value.kind == LiteralKind::Identifier
                    && matches!(value.as_str(), "true" | "false"),
                "`true` or `false`".into(),
            ),
            OptionType::Text => (setting.value.kind == LiteralKind::Text, "a string".into()),
            OptionType::Enum(values) => {
                let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
                (
                    setting.value.kind == LiteralKind::Identifier
                        && names.contains(&value.as_str()),
                    code_list(&names, "or"),
                )
            }
        };
        if fits {
            return;
        }
        let found = match setting.value.kind {
            LiteralKind::Text => format!("\"{value}\""),
            _ => format!("`{value}`"),
        };
        let message = format!(
            "found the value {found} of the option `{}`, expected {expected}",
            setting.name.value
        );
        let position = setting.value.position;
        self.diagnostics
            .report(&self.file.display_name, position, message);
    }

    fn report(&mut self, setting: &Setting, message: String, help: String) {
        let position = setting.name.position;
        self.diagnostics
            .report_with_help(&self.file.display_name, position, message, help);
    }
}
