//! Templates of mails: the built-in ones, and those of the deployment's folder, by kind and locale.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// The locale of those who have none, or one of which there is no template.
const DEFAULT_LOCALE: &str = "en";
/// Most letters of a subject.
const LONGEST_SUBJECT: usize = 200;

/// What is there where a deployment has none.
const BUILT_IN: &[(&str, &str)] = &[
    ("invitation.en.subject", include_str!("templates/invitation.en.subject")),
    ("invitation.en.txt", include_str!("templates/invitation.en.txt")),
    ("invitation.en.html", include_str!("templates/invitation.en.html")),
    ("password-reset.en.subject", include_str!("templates/password-reset.en.subject")),
    ("password-reset.en.txt", include_str!("templates/password-reset.en.txt")),
    ("password-reset.en.html", include_str!("templates/password-reset.en.html")),
    ("trial.en.subject", include_str!("templates/trial.en.subject")),
    ("trial.en.txt", include_str!("templates/trial.en.txt")),
];

/// Why mails cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailUnwritable {
    /// The folder cannot be read.
    #[error("the templates of mails in {} cannot be read: {error}", place.display())]
    Folder {
        /// Which, or the file in it.
        place: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The name of a file says not what it is.
    #[error(
        "{0} is no template of a mail: its name is to be <kind>.<locale>.subject, .txt or .html, with one of the kinds {1}"
    )]
    Unknown(String, String),
    /// A part is missing.
    #[error("the mail {kind} cannot be written in {locale}: there is no {kind}.{locale}.{part}")]
    Missing {
        /// Kind of the mail.
        kind: String,
        /// In which locale.
        locale: String,
        /// What is missing.
        part: &'static str,
    },
    /// A template is wrong.
    #[error("a template of a mail is wrong: {0}")]
    Template(#[from] minijinja::Error),
    /// A template fails on what a mail may have, and may lack.
    #[error("a template of a mail is wrong, where it is filled with {filled}: {error}")]
    Unfilled {
        /// With what, in words.
        filled: &'static str,
        /// Why, with the file and the line.
        error: minijinja::Error,
    },
    /// A mail leaves out what it is sent for.
    #[error(
        "the mail {kind} says neither link nor token in {locale}: where no page is set, link is none. Write {{% if link %}}{{{{ link }}}}{{% else %}}{{{{ token }}}}{{% endif %}}"
    )]
    Tokenless {
        /// Kind of the mail.
        kind: String,
        /// In which locale.
        locale: String,
    },
    /// An address leads nowhere.
    #[error("{0} is no address of a page with {{token}} in it, once: https://app.example/join?token={{token}}")]
    Link(String),
}

/// A mail that was written.
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: Option<String>,
}

/// The templates of a kind in a locale, by the names under which they are known.
#[derive(Default)]
struct Set {
    subject: Option<String>,
    txt: Option<String>,
    html: Option<String>,
}

/// All templates.
pub(super) struct Templates {
    environment: Environment<'static>,
    /// By kind and locale.
    sets: BTreeMap<(String, String), Set>,
}

impl Templates {
    /// The built-in ones, and those of a folder in their place.
    pub(super) fn load(folder: Option<&Path>, kinds: &[&str]) -> Result<Self, MailUnwritable> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let is_html = |name: &str| Path::new(name).extension().is_some_and(|part| part == "html");
        let escape = move |name: &str| if is_html(name) { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(escape);
        let mut sets = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let (key, part) = parts(name, &[]).ok_or_else(|| unknown(name, kinds))?;
            environment.add_template(name, text)?;
            note(sets.entry(key).or_default(), part, name);
        }
        let mut own: BTreeMap<(String, String), Set> = BTreeMap::new();
        for (name, text) in folder.map(read).transpose()?.unwrap_or_default() {
            let (key, part) = parts(&name, kinds).ok_or_else(|| unknown(&name, kinds))?;
            note(own.entry(key).or_default(), part, &name);
            environment.add_template_owned(name, text)?;
        }
        // Text and HTML are to say the same, so that those of one place are taken, or of the other.
        sets.extend(own);
        for ((kind, locale), set) in &sets {
            for (part, is_there) in [("subject", set.subject.is_some()), ("txt", set.txt.is_some())] {
                if !is_there {
                    return Err(MailUnwritable::Missing { kind: kind.clone(), locale: locale.clone(), part });
                }
            }
        }
        let unwritten = kinds.iter().find(|kind| !sets.contains_key(&((**kind).to_owned(), DEFAULT_LOCALE.to_owned())));
        match unwritten {
            Some(kind) => Err(missing(kind)),
            None => Ok(Self { environment, sets }),
        }
    }

    /// Fills every template with what these words say.
    pub(super) fn try_all(&self, filled: &'static str, filling: &impl Serialize) -> Result<(), MailUnwritable> {
        let unfilled = |error| MailUnwritable::Unfilled { filled, error };
        self.sets.values().try_for_each(|set| self.fill(set, filling).map(drop)).map_err(unfilled)
    }

    /// Refuses templates of a kind that leave its token out: nobody could use such a mail.
    pub(super) fn must_tell(&self, kind: &str, token: &str, filling: &impl Serialize) -> Result<(), MailUnwritable> {
        for ((_, locale), set) in self.sets.iter().filter(|((of, _), _)| of == kind) {
            let Written { subject: _, text, html } = self.fill(set, filling)?;
            if !(text.contains(token) && html.is_none_or(|html| html.contains(token))) {
                return Err(MailUnwritable::Tokenless { kind: kind.to_owned(), locale: locale.clone() });
            }
        }
        Ok(())
    }

    /// A mail of a kind, in the locale that comes closest.
    pub(super) fn write(
        &self,
        kind: &str,
        locale: Option<&str>,
        filling: &impl Serialize,
    ) -> Result<Written, MailUnwritable> {
        let set = closest(locale).into_iter().find_map(|locale| self.sets.get(&(kind.to_owned(), locale)));
        Ok(self.fill(set.ok_or_else(|| missing(kind))?, filling)?)
    }

    fn fill(&self, set: &Set, filling: &impl Serialize) -> Result<Written, minijinja::Error> {
        let filling = Value::from(Serde(filling));
        let filled = |name: &str| self.environment.get_template(name)?.render(filling.clone());
        let part = |name: &Option<String>| name.as_deref().map(filled).transpose();
        let subject = part(&set.subject)?.unwrap_or_default();
        // One line, whatever the template holds.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let subject = subject.chars().filter(|letter| !letter.is_control()).take(LONGEST_SUBJECT).collect();
        Ok(Written { subject, text: part(&set.txt)?.unwrap_or_default(), html: part(&set.html)? })
    }
}

/// The locale, then less and less of it, then the default.
fn closest(locale: Option<&str>) -> Vec<String> {
    let mut rest = locale.map(normal).unwrap_or_default();
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(rest.clone());
        rest = rest.rsplit_once('-').map(|(less, _)| less.to_owned()).unwrap_or_default();
    }
    all.push(DEFAULT_LOCALE.to_owned());
    all
}

fn normal(locale: &str) -> String {
    locale.to_ascii_lowercase().replace('_', "-")
}

/// Kind and locale of a template, and which part it is. Any kind, where none are named.
fn parts<'a>(name: &'a str, kinds: &[&str]) -> Option<((String, String), &'a str)> {
    let [kind, locale, part] = name.split('.').collect::<Vec<_>>().try_into().ok()?;
    let is_locale =
        !locale.is_empty() && locale.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    let is_part = matches!(part, "subject" | "txt" | "html");
    let is_kind = kinds.is_empty() || kinds.contains(&kind);
    (is_locale && is_part && is_kind).then(|| ((kind.to_owned(), normal(locale)), part))
}

fn note(set: &mut Set, part: &str, name: &str) {
    let place = match part {
        "subject" => &mut set.subject,
        "txt" => &mut set.txt,
        _ => &mut set.html,
    };
    *place = Some(name.to_owned());
}

/// That a kind has no template in the default locale.
fn missing(kind: &str) -> MailUnwritable {
    MailUnwritable::Missing { kind: kind.to_owned(), locale: DEFAULT_LOCALE.to_owned(), part: "txt" }
}

fn unknown(name: &str, kinds: &[&str]) -> MailUnwritable {
    MailUnwritable::Unknown(name.to_owned(), kinds.join(", "))
}

/// The files of a folder, but for hidden ones, with their names.
fn read(folder: &Path) -> Result<Vec<(String, String)>, MailUnwritable> {
    let failed = |place: &Path| {
        let place = place.to_owned();
        move |error| MailUnwritable::Folder { place, error }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            files.push((name, std::fs::read_to_string(&path).map_err(failed(&path))?));
        }
    }
    files.sort();
    Ok(files)
}
