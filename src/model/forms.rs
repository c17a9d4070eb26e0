//! The forms in which names are written, compared and looked up: one function for each kind of name.

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;
use user_tenant_store::form::{Form, Unwritable};

/// What people call something: a role, a group, a tenant, themselves.
pub(crate) static LABEL: Form = Form { write: label, is_set_by_store: true, is_lower_case: false };
/// What programs look up by, and must not be blank.
pub(crate) static KEYWORD: Form = Form { write: keyword, is_set_by_store: true, is_lower_case: false };
/// The key of a tenant. Its rules see to new ones, since adopted keys stay as they are.
pub(crate) static KEY: Form = Form { write: key, is_set_by_store: false, is_lower_case: false };
/// What a person logs in with.
pub(crate) static USERNAME: Form = Form { write: username, is_set_by_store: false, is_lower_case: true };
/// Where mail reaches a person.
pub(crate) static EMAIL: Form = Form { write: email, is_set_by_store: false, is_lower_case: true };

/// The longest username and the longest address, in characters.
const LONGEST_LOGIN: u32 = 150;

/// Characters that show nothing, beside control characters: two names that differ in them alone look the same. The joiners
/// (U+200C and U+200D) are not among them, since scripts and pictures need them.
const INVISIBLE: &[std::ops::RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff9}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Composed (Unicode's NFC), with single blanks between its words, and without what cannot be seen.
fn label(text: &str) -> Result<String, Unwritable> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let label: String = words.join(" ").nfc().collect();
    if label.chars().any(|letter| letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))) {
        return Err(Unwritable::Not("must NOT have characters that cannot be seen"));
    }
    if label.is_empty() { Err(Unwritable::Empty) } else { Ok(label) }
}

fn keyword(text: &str) -> Result<String, Unwritable> {
    if text.trim().is_empty() { Err(Unwritable::Empty) } else { Ok(text.to_owned()) }
}

/// An address where it is one, so that both are written alike; else RFC 8265: the profile `UsernameCaseMapped` for each part
/// of it, with one space between them (section 3.5).
pub(crate) fn username(text: &str) -> Result<String, Unwritable> {
    if let Ok(address) = email(text) {
        return Ok(address);
    }
    let parts = text.split(' ').filter(|part| !part.is_empty()).map(UsernameCaseMapped::enforce);
    let parts: Vec<Cow<'_, str>> = parts
        .collect::<Result<_, _>>()
        .map_err(|_| Unwritable::Not("must be letters, digits and signs that can be seen, as RFC 8265 lists them"))?;
    if parts.is_empty() { Err(Unwritable::Empty) } else { bounded(parts.join(" ")) }
}

/// Its name as that of a person, its domain in Unicode however it was spelled (RFC 5891), as one address has many spellings.
/// Quoted names and numbers for a domain are none.
pub(crate) fn email(text: &str) -> Result<String, Unwritable> {
    let none = || Unwritable::Not("must be an e-mail address");
    let (name, domain) = text.trim().rsplit_once('@').ok_or_else(none)?;
    let name = UsernameCaseMapped::enforce(name).map_err(|_| none())?;
    let ascii = idna::domain_to_ascii_strict(domain.strip_suffix('.').unwrap_or(domain)).map_err(|_| none())?;
    // What ends in a number is an address of the internet protocol, in one of its spellings.
    let last = ascii.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Err(none());
    }
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(&format!("{name}@{ascii}"), options).map_err(|_| none())?;
    if name.starts_with('"') {
        return Err(none());
    }
    let (domain, _) = idna::domain_to_unicode(&ascii);
    bounded(format!("{name}@{domain}"))
}

/// No longer than its column: what is written in a form may be longer than what was sent.
fn bounded(name: String) -> Result<String, Unwritable> {
    if name.chars().count() > LONGEST_LOGIN as usize { Err(Unwritable::TooLong(LONGEST_LOGIN)) } else { Ok(name) }
}

/// The key of a tenant, which becomes the name of a host: a label of the domain name system in lower case (RFC 1123,
/// section 2.1). Adopted keys stay as they are.
pub(crate) fn key(text: &str) -> Result<String, Unwritable> {
    let key = text.trim().to_ascii_lowercase();
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if key.is_empty() {
        return Err(Unwritable::Empty);
    }
    if !key.bytes().all(is_inner) || key.starts_with('-') || key.ends_with('-') {
        return Err(Unwritable::Not("must be letters a to z, digits and hyphens, with no hyphen at an end"));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_written_the_same() {
        for (form, texts) in [
            (label as fn(&str) -> _, ["Zo\u{eb}", " Zoe\u{308} ", "Zo\u{eb}\t"]),
            (username, ["jo@m\u{fc}ller.example", "Jo@XN--mller-kva.Example.", "\u{ff4a}o@mu\u{308}ller.example"]),
            (username, ["zo\u{eb}", "ZOE\u{308}", " \u{ff3a}o\u{eb} "]),
            (email, ["jo@m\u{fc}ller.example", "Jo@XN--mller-kva.Example", "jo@mu\u{308}ller.example "]),
            (key, ["acme", "ACME", " Acme "]),
        ] {
            let written = form(texts[0]).unwrap();
            for text in texts {
                assert_eq!(form(text).as_ref(), Ok(&written), "{text:?}");
            }
            assert_eq!(form(&written).as_ref(), Ok(&written), "what is written so stays so");
        }
    }

    #[test]
    fn names_that_cannot_be_told_apart_are_refused() {
        for text in [
            "",
            " ",
            "\u{200b}",
            "jo\u{e0061}",
            "jo\u{1d173}",
            "jo\u{1bca0}",
            "jo\u{fff9}",
            "jo\u{ffff}",
            "jo\u{200b}",
            "jo\u{7}",
            "jo\u{202e}",
            "jo\u{feff}",
            "jo\u{2800}",
            "jo\u{3164}",
        ] {
            assert!(label(text).is_err() && username(text).is_err(), "{text:?}");
        }
        for text in [
            "Sales \u{1f468}\u{200d}\u{1f469}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "R&D (EU) 2",
        ] {
            assert_eq!(label(text).as_deref(), Ok(text));
        }
        for text in ["jo", "jo.doe+test@acme.example", "jo doe", "o'neil", "1", "\u{5d3}\u{5e0}\u{5d4}"] {
            assert_eq!(username(text).as_deref(), Ok(text));
        }
        for text in [
            "\"jo\"@acme.example",
            "jo@[192.0.2.1]",
            "jo@acme",
            "jo",
            "jo@-acme.example",
            "jo@a cme.example",
            "jo@127.0.0.1",
            "jo@x.123",
            "jo@0x7f.1",
            "@acme.example",
        ] {
            assert!(email(text).is_err(), "{text}");
        }
        for text in ["ac me", "../x", "-acme", "acme-", "ac.me", "\u{e9}", ""] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
