//! Options: known ones, each set once, to values of their type, where they mean something.
//!
//! Of the options that a schema declares itself, `(acme.option)`, the values are left to
//! `protobuf-parse`.

mod known;
mod meaning;

use self::known::{Known, Owner, Type};
use super::list::one_of;
use super::similar::nearest;
use super::symbols::Symbols;
use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, DeclarationKind, Scan, Setting, ValueKind};

pub(super) fn check(scans: &[&Scan], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for &scan in scans {
        let check = &mut Check {
            scan,
            scans,
            diagnostics,
        };
        check.settings(Owner::File, &scan.settings);
        for declaration in &scan.declarations {
            let owner = Owner::of(declaration.kind);
            check.settings(owner, &declaration.settings);
            meaning::check(scan, declaration, symbols, check.diagnostics);
        }
    }
    meaning::check_optimization(scans, diagnostics);
}

/// The value given to an option, if one is.
pub(super) fn setting<'a>(settings: &'a [Setting], name: &str) -> Option<&'a Setting> {
    settings.iter().find(|setting| setting.name.text == name)
}

/// Whether an option is set to `true`.
pub(super) fn is_set(settings: &[Setting], name: &str) -> bool {
    setting(settings, name).is_some_and(|setting| setting.value.text == "true")
}

struct Check<'a> {
    scan: &'a Scan,
    scans: &'a [&'a Scan],
    diagnostics: &'a mut Diagnostics,
}

impl Check<'_> {
    fn settings(&mut self, owner: Owner, settings: &[Setting]) {
        for (index, setting) in settings.iter().enumerate() {
            let known = known::find(owner, &setting.name.text);
            let earlier = settings[..index]
                .iter()
                .find(|earlier| earlier.name.text == setting.name.text);
            if let Some(earlier) = earlier.filter(|_| !self.may_repeat(setting, known)) {
                self.second(setting, earlier);
            }
            match known {
                _ if setting.is_custom() => self.custom(setting),
                Some(known) => self.value(known, setting),
                None => self.unknown(owner, setting),
            }
        }
    }

    fn second(&mut self, setting: &Setting, earlier: &Setting) {
        let message = format!("found the option `{}` a second time", setting.name.text);
        let help = format!(
            "the first is at {}:{}",
            self.scan.file, earlier.name.position
        );
        self.report(setting, message, help);
    }

    fn may_repeat(&self, setting: &Setting, known: Option<&Known>) -> bool {
        if !setting.is_custom() {
            return known.is_some_and(|known| known.repeats);
        }
        self.extensions(setting).any(Declaration::is_repeated)
    }

    /// The extensions that may be meant by the name of an option.
    fn extensions<'a>(&'a self, setting: &Setting) -> impl Iterator<Item = &'a Declaration> {
        let name = setting.name.text.trim_start_matches(['(', '.']);
        let name = name.split(')').next().unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or(name).to_string();
        let scans = self.scans.iter();
        let extensions = scans.flat_map(|scan| scan.of_kind(DeclarationKind::Extension));
        extensions.filter(move |extension| extension.name.text == last)
    }

    fn custom(&mut self, setting: &Setting) {
        if self.extensions(setting).next().is_none() {
            let message = format!("found the unknown option `{}`", setting.name.text);
            let help = "import the file that declares it in an `extend`";
            self.report(setting, message, help.into());
        }
    }

    fn unknown(&mut self, owner: Owner, setting: &Setting) {
        let name = &setting.name.text;
        let first = name.split('.').next().unwrap_or(name);
        if known::OF_EDITIONS.contains(&first) {
            let message = format!("found the option `{name}`, which is for editions of protobuf");
            let help = "leave it out: this file is of proto3".into();
            return self.report(setting, message, help);
        }
        if name == "default" {
            let message = "found the option `default`, which proto3 does not have".into();
            let help = "leave it out: a field that is not set is zero, false or empty".into();
            return self.report(setting, message, help);
        }
        let message = format!("found the unknown option `{name}` of {owner}");
        let names = known::names(owner);
        let help = match nearest(name, names.iter().copied()) {
            Some(similar) => format!("there is an option of a similar name, `{similar}`"),
            None => format!("the options of {owner} are {}", names.join(", ")),
        };
        self.report(setting, message, help);
    }

    fn value(&mut self, known: &Known, setting: &Setting) {
        let value = &setting.value.text;
        let (fits, expected) = match known.ty {
            Type::Bool => (
                setting.kind == ValueKind::Identifier && matches!(value.as_str(), "true" | "false"),
                "`true` or `false`".into(),
            ),
            Type::Text => (setting.kind == ValueKind::Text, "a text in quotes".into()),
            Type::Enum(names) => (
                setting.kind == ValueKind::Identifier && names.contains(&value.as_str()),
                one_of(&names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>()),
            ),
        };
        if fits {
            return;
        }
        let found = match setting.kind {
            ValueKind::Text => format!("\"{value}\""),
            _ => format!("`{value}`"),
        };
        let message = format!(
            "found the value {found} of the option `{}`, expected {expected}",
            setting.name.text
        );
        let position = setting.value.position;
        self.diagnostics.report(&self.scan.file, position, message);
    }

    fn report(&mut self, setting: &Setting, message: String, help: String) {
        let position = setting.name.position;
        self.diagnostics
            .report_with_help(&self.scan.file, position, message, help);
    }
}
