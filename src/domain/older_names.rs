//! Names that are older than the forms in which they are written now: an adopted database has some, and they stay.

use std::fmt;

use user_tenant_store::entity::Property;
use user_tenant_store::filter::Filter;
use user_tenant_store::record::Record;
use user_tenant_store::scope::{Sees, System};
use user_tenant_store::session::{Read, Session};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult};

use crate::model::{Group, Role, Tenant, User};

/// How many ids are named.
const NAMED: usize = 3;

/// Names of one property that would be written otherwise today.
#[derive(Debug)]
pub(crate) struct OlderNames {
    entity: &'static str,
    property: &'static Property,
    count: u64,
    /// Ids of the first rows.
    first: Vec<String>,
}

impl fmt::Display for OlderNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entity, property, count, first } = self;
        let more = if *count > first.len() as u64 { ", …" } else { "" };
        write!(
            f,
            "{entity}.{}: {count} in an older spelling, found as it is and written anew at the next change (ids: {}{more})",
            property.name,
            first.join(", ")
        )
    }
}

/// Looks at all names. They go on being served, and found as they are written; the next change of one writes it anew.
pub(crate) async fn older_names(session: &Session<System, Read>) -> StoreResult<Vec<OlderNames>> {
    let mut older = of::<Tenant>(session).await?;
    older.extend(of::<Role>(session).await?);
    older.extend(of::<Group>(session).await?);
    older.extend(of::<User>(session).await?);
    Ok(older)
}

async fn of<E: Entity>(session: &Session<System, Read>) -> StoreResult<Vec<OlderNames>>
where
    System: Sees<E>,
{
    let meta = E::meta();
    let names: Vec<usize> = (0..meta.properties.len()).filter(|at| form(&meta.properties[*at]).is_some()).collect();
    let mut older: Vec<OlderNames> = names
        .iter()
        .map(|at| OlderNames { entity: meta.name, property: &meta.properties[*at], count: 0, first: Vec::new() })
        .collect();
    let id = meta.position(meta.id().name);
    let filter = Filter { fields: Some(id.into_iter().chain(names).collect()), ..Filter::default() };
    let count = |row: &Record| {
        for older in &mut older {
            let text = row.value(older.property).and_then(Value::as_text);
            let is_older =
                text.zip(form(older.property)).is_some_and(|(text, write)| write(text).as_deref() != Ok(text));
            if is_older {
                older.count += 1;
                let id = row.id().filter(|_| older.first.len() < NAMED);
                older.first.extend(id.map(|id| id.to_string()));
            }
        }
    };
    session.repository::<E>().for_each(filter, count).await?;
    older.retain(|older| older.count > 0);
    Ok(older)
}

type Write = fn(&str) -> Result<String, user_tenant_store::form::Unwritable>;

fn form(property: &Property) -> Option<Write> {
    property.form.map(|form| form.write)
}
