//! Options.

use super::Parser;
use crate::ast::Setting;
use crate::position::Spanned;

impl Parser<'_, '_> {
    /// Reads `option name = value;`.
    pub(super) fn option(&mut self) -> Option<Setting> {
        self.bump();
        let setting = self.setting()?;
        self.symbol(';', "`;`")?;
        Some(setting)
    }

    /// Reads `[name = value, …]` if it is next.
    pub(super) fn settings(&mut self) -> Option<Vec<Setting>> {
        let mut settings = Vec::new();
        if !self.eat('[') {
            return Some(settings);
        }
        loop {
            settings.push(self.setting()?);
            if !self.eat(',') {
                break;
            }
        }
        self.symbol(']', "`,` or `]`")?;
        Some(settings)
    }

    fn setting(&mut self) -> Option<Setting> {
        let name = self.option_name()?;
        self.symbol('=', "`=` and the option's value")?;
        let value = self.literal()?;
        Some(Setting { name, value })
    }

    /// Reads `name`, or `(acme.option).part`.
    fn option_name(&mut self) -> Option<Spanned<String>> {
        let position = self.place();
        let mut text = String::new();
        loop {
            if self.eat('(') {
                let name = self.dotted(true, "the name of an option")?.value;
                self.symbol(')', "`)`")?;
                text.push_str(&format!("({name})"));
            } else {
                text.push_str(&self.identifier("the name of an option")?.value);
            }
            if !self.eat('.') {
                return Some(Spanned {
                    value: text,
                    position,
                });
            }
            text.push('.');
        }
    }
}
