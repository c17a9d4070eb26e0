//! Names that a tenant has once, in any case of their letters.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::repository::Pages;
use user_tenant_store::scope::{Sees, TenantScope};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult, TypedProperty};
use uuid::Uuid;

use crate::error::{Result, Taken};

/// Refuses a name that another row of the tenant has in other letters, where the unique index may take the two for
/// different: `SQLite`, and `PostgreSQL` with the locale C, know the case of ASCII alone, and locales differ in the rest. Of
/// two names in ASCII the index decides, so that one of these meets only the few rows whose names have other letters, which
/// have an index of their own. The rows that are about to get the name do not count.
pub(crate) async fn keep_once<E: Entity>(
    session: &Session<TenantScope, Write>,
    property: TypedProperty<E, String>,
    name: Option<&Value>,
    changed: Option<&Predicate>,
) -> Result<()>
where
    TenantScope: Sees<E>,
{
    let Some(Value::Text(name)) = name else { return Ok(()) };
    let wanted = folded(name);
    let lock = [format!("{} of {}: {wanted}", E::meta().table, session.scope().0)];
    let others = name.is_ascii().then(|| property.is_beyond_ascii());
    // In this order: what others wrote under the lock is read.
    let ((), named) = session.ask((session.serialize_on(&lock), pages(session, property, others).begun())).await?;
    let named = ids(named, |row| row.get(property).and_then(Value::as_text).is_some_and(|text| folded(text) == wanted));
    let named = named.await?;
    if named.is_empty() {
        return Ok(());
    }
    let changed = match changed {
        Some(changed) => ids(pages(session, property, Some(changed.clone())), |_| true).await?,
        None => Vec::new(),
    };
    if named.iter().all(|id| changed.contains(id)) { Ok(()) } else { Err(Taken::of::<E>("name", name)) }
}

/// The first of several names that is one before it, in any case of their letters.
pub(crate) fn first_repeated<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let mut known = HashSet::new();
    names.into_iter().position(|name| !known.insert(folded(name)))
}

/// The same for all spellings in other cases: in small letters, in capitals and in small letters again, as Unicode maps
/// them, each letter by itself; then decomposed (NFD), and without the dot that an `i` may have of its own. What the
/// database's `lower` makes of a name is folded as the name is, whatever the locale, or its unique index would refuse more.
fn folded(name: &str) -> String {
    let small: String = name.chars().flat_map(char::to_lowercase).collect();
    let mut is_of_i = false;
    let keep = |letter: &char| {
        is_of_i = *letter == 'i' || is_of_i && is_combining_mark(*letter);
        !(is_of_i && *letter == '\u{307}')
    };
    small.to_uppercase().chars().flat_map(char::to_lowercase).nfd().filter(keep).collect()
}

/// The rows that a condition selects: what a name needs, and not what else is in the rows, which may be long.
fn pages<E: Entity>(
    session: &Session<TenantScope, Write>,
    property: TypedProperty<E, String>,
    predicate: Option<Predicate>,
) -> Pages<'_, E, TenantScope, Write>
where
    TenantScope: Sees<E>,
{
    let fields = Some(vec![E::meta().position(E::meta().id().name).unwrap_or_default(), property.position()]);
    session.repository::<E>().pages(Filter { predicate, fields, ..Filter::default() })
}

/// The ids of the rows that pass.
async fn ids<E: Entity>(
    rows: Pages<'_, E, TenantScope, Write>,
    passes: impl Fn(&Record) -> bool,
) -> StoreResult<Vec<Option<Uuid>>> {
    let mut ids = Vec::new();
    let add = |row: &Record| {
        if passes(row) {
            ids.push(row.id());
        }
    };
    rows.for_each(add).await?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::folded;

    /// One letter for another, as databases have it in their locales, where Unicode has more.
    const OF_LOCALES: &[(char, &str)] = &[('\u{130}', "i"), ('I', "\u{131}"), ('\u{cc}', "i\u{307}\u{300}")];

    #[test]
    fn what_a_database_makes_of_a_letter_is_folded_as_the_letter_is() {
        let is_cased = |letter: &char| !letter.to_lowercase().chain(letter.to_uppercase()).eq([*letter; 2]);
        for letter in ('\0'..=char::MAX).filter(is_cased) {
            let one = folded(&letter.to_string());
            let locales = OF_LOCALES.iter().filter(|(of, _)| *of == letter).map(|(_, small)| (*small).to_owned());
            let others = [letter.to_lowercase().to_string(), letter.to_uppercase().to_string(), one.clone()];
            for other in others.into_iter().chain(locales) {
                assert_eq!(folded(&other), one, "{letter:?} and {other:?}");
            }
        }
    }
}
