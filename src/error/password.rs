//! The rules of a password: what each is called, and what it asks for.

/// A rule that a password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenRule {
    /// It has fewer characters than this.
    TooShort(usize),
    /// It takes more bytes than this.
    TooLong(usize),
    /// It has a NUL, at which bcrypt would stop.
    Nul,
    /// It holds a name or the address of the person.
    Names,
    /// The operator's list has it.
    Listed,
    /// The person has it now, or had it not long ago.
    Reused,
}

impl BrokenRule {
    /// The keyword, in the terms of JSON Schema where that has one.
    pub(crate) fn keyword(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "minLength",
            Self::TooLong(_) => "maxLength",
            Self::Nul => "pattern",
            Self::Names => "names",
            Self::Listed => "listed",
            Self::Reused => "reused",
        }
    }

    /// What the rule asks for, after the word for the password.
    pub(crate) fn asks(&self) -> String {
        match self {
            Self::TooShort(least) => format!("must have at least {least} characters"),
            Self::TooLong(most) => format!("must take at most {most} bytes"),
            Self::Nul => "must not have the character NUL".to_owned(),
            Self::Names => "must not hold a name or the address of the person".to_owned(),
            Self::Listed => "must not be one that many people have used".to_owned(),
            Self::Reused => "must not be one that the person had before".to_owned(),
        }
    }
}
