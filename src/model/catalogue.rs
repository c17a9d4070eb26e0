//! The permissions that there are: the service's own, and those that the application has beside them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use super::permission::ALL;

/// The longest key of an application, in characters.
const LONGEST: usize = 100;
/// The longest meaning, in characters.
const LONGEST_MEANING: usize = 500;

/// Our keys, by name and by number.
static OURS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ALL.iter().flat_map(|known| [Some(known.name), known.number]).flatten().collect());

/// A permission of the application: a key that its own routes ask for.
///
/// ```
/// use user_tenant_service::OwnPermission;
///
/// let one: OwnPermission = ("UseOven", "Use the oven").into();
/// assert_ne!(one, OwnPermission::from("UseOven"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnPermission {
    pub(crate) name: Cow<'static, str>,
    pub(crate) meaning: Option<Cow<'static, str>>,
}

impl OwnPermission {
    /// A key, and what it opens, if somebody says so.
    pub fn new(name: impl Into<Cow<'static, str>>, meaning: Option<Cow<'static, str>>) -> Self {
        Self { name: name.into(), meaning }
    }
}

impl From<&'static str> for OwnPermission {
    fn from(name: &'static str) -> Self {
        Self::new(name, None)
    }
}

impl From<(&'static str, &'static str)> for OwnPermission {
    fn from((name, meaning): (&'static str, &'static str)) -> Self {
        Self::new(name, Some(meaning.into()))
    }
}

/// Why there can be no such permission of the application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnfitPermission {
    name: String,
    why: &'static str,
}

impl fmt::Display for UnfitPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.name.chars().take(LONGEST).collect();
        write!(f, "the permission {shown:?} {}", self.why)
    }
}

impl std::error::Error for UnfitPermission {}

/// All permissions that there are, and whether roles may hold others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalogue {
    /// Those of the application, in the order of their names.
    own: Vec<OwnPermission>,
    open: bool,
}

impl Catalogue {
    /// Ours, and these of the application.
    pub(crate) fn with(mut own: Vec<OwnPermission>) -> Result<Self, UnfitPermission> {
        own.sort_unstable();
        let unfit = own.iter().find_map(|one| Some((one, unfit(one)?)));
        let twice = own.windows(2).filter(|two| two[0].name == two[1].name).map(|two| (&two[1], "is there twice"));
        match unfit.or(twice.into_iter().next()) {
            Some((OwnPermission { name, .. }, why)) => Err(UnfitPermission { name: name.clone().into_owned(), why }),
            None => Ok(Self { own, open: false }),
        }
    }

    /// The same; where it is open, roles may hold keys that it does not know.
    pub(crate) fn opened(self, open: bool) -> Self {
        Self { open, ..self }
    }

    /// Those of the application.
    pub(crate) fn own(&self) -> &[OwnPermission] {
        &self.own
    }

    /// Whether there is such a key, be it a number.
    pub(crate) fn knows(&self, key: &str) -> bool {
        OURS.contains(key) || self.own.binary_search_by(|own| (*own.name).cmp(key)).is_ok()
    }

    /// The first of the keys that nobody may give: it is unknown, and was not among those before. Of what is open there is none.
    pub(crate) fn unknown<'k>(&self, wanted: &'k [String], before: &[String]) -> Option<&'k str> {
        let is_new = |key: &&String| !self.open && !self.knows(key) && !before.contains(key);
        wanted.iter().find(is_new).map(String::as_str)
    }
}

/// Why a permission cannot be one of an application.
fn unfit(OwnPermission { name, meaning }: &OwnPermission) -> Option<&'static str> {
    let is_ours = |name: &str| OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name));
    let length = name.chars().count();
    if length == 0 || length > LONGEST {
        return Some("must have 1 to 100 characters");
    }
    if name.chars().any(|letter| letter.is_whitespace() || letter.is_control() || letter == ',') {
        return Some("must have no blanks, commas and control characters");
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("must be no number: numbers stand for names of the service's own");
    }
    if is_ours(name) {
        return Some("is one of the service's own");
    }
    match meaning {
        Some(meaning) if meaning.trim().is_empty() || meaning.chars().count() > LONGEST_MEANING => {
            Some("must have a meaning of 1 to 500 characters, or none")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(own: &[OwnPermission]) -> String {
        Catalogue::with(own.to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn keys_of_an_application_are_words_of_their_own() {
        let long = "x".repeat(101);
        for (name, why) in [
            ("", "must have 1 to 100 characters"),
            (long.as_str(), "must have 1 to 100 characters"),
            ("Use Oven", "must have no blanks, commas and control characters"),
            ("Use\u{7}Oven", "must have no blanks, commas and control characters"),
            ("Use,Oven", "must have no blanks, commas and control characters"),
            ("99", "must be no number: numbers stand for names of the service's own"),
            ("16", "must be no number: numbers stand for names of the service's own"),
            ("CreateTenant", "is one of the service's own"),
            ("createtenant", "is one of the service's own"),
        ] {
            let told = refused(&[OwnPermission::new(name.to_owned(), None)]);
            assert!(told.ends_with(why) && told.len() < 200, "{name}: {told}");
        }
        assert_eq!(refused(&["A".into(), "B".into(), ("A", "again").into()]), "the permission \"A\" is there twice");
        assert!(refused(&[("A", " ").into()]).ends_with("or none"));
        assert!(Catalogue::with(vec!["use:oven/*".into(), ("Öffnen", "Open").into()]).is_ok());
    }

    #[test]
    fn only_what_is_new_and_unknown_is_told() {
        let catalogue = Catalogue::with(vec![("UseOven", "Use the oven").into()]).unwrap();
        let wanted = ["ViewRoles", "6", "UseOven", "Old", "New"].map(str::to_owned);
        assert_eq!(catalogue.unknown(&wanted, &[]), Some("Old"));
        assert_eq!(catalogue.unknown(&wanted, &wanted[3..4]), Some("New"));
        assert_eq!(catalogue.unknown(&wanted, &wanted), None);
        for unknown in ["useoven", "viewroles", "37", "0", "016", "", "*"] {
            assert!(!catalogue.knows(unknown), "{unknown}");
        }
        assert_eq!(catalogue.opened(true).unknown(&wanted, &[]), None);
    }
}
