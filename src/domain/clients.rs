//! Client applications: how one is made, given another secret and removed, and who may log in with which.

use secrecy::SecretString;
use user_tenant_store::filter::{Comparison, Filter};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Read, Session, Write};
use user_tenant_store::value::Value;

use super::users;
use crate::error::{Error, Result, Sought};
use crate::model::{AuthClient, PersonState, Role, User};
use crate::random;

/// A client application with a secret that was just made.
#[derive(Debug)]
pub struct IssuedClient {
    /// The number that users refer to.
    pub id: i32,
    /// The name that it presents.
    pub client_id: String,
    /// The secret that it presents. No route tells it again.
    pub client_secret: SecretString,
}

/// A client application with secrets that nobody has chosen, and the one that it presents.
pub(crate) fn with_secrets(client: New<AuthClient>) -> Result<(New<AuthClient>, SecretString)> {
    let (presented, signing) = (secret()?, secret()?);
    let client = client.with(AuthClient::CLIENT_SECRET, presented.as_str())?.with(AuthClient::SECRET, signing)?;
    Ok((client, presented.into()))
}

fn secret() -> Result<String> {
    random::secret().map_err(Error::Internal)
}

/// Makes one that is no tenant's.
pub(crate) async fn create(
    session: Session<System, Write>,
    client: New<AuthClient>,
) -> Result<Committed<IssuedClient>> {
    let made = insert(&session, client).await?;
    Ok(session.commit(made).await?)
}

/// The same within a transaction that makes more.
pub(crate) async fn insert(session: &Session<System, Write>, client: New<AuthClient>) -> Result<IssuedClient> {
    let name = client.get(AuthClient::CLIENT_ID).and_then(Value::as_text).unwrap_or_default().to_owned();
    let (client, client_secret) = with_secrets(client)?;
    session.repository::<AuthClient>().create(client).await?;
    let made = named(session, &name).await?.ok_or_else(|| Error::Internal("a new row is not there".into()))?;
    Ok(IssuedClient { id: made.id, client_id: made.client_id, client_secret })
}

/// The one of a name; of two, which only an adopted database may have, the newer.
pub(crate) async fn named(session: &Session<System, Write>, name: &str) -> Result<Option<AuthClient>> {
    let filter = Filter::matching(AuthClient::CLIENT_ID.is(name));
    let found: Vec<AuthClient> = session.repository::<AuthClient>().pages(filter).typed().await?;
    Ok(found.into_iter().max_by_key(|client| client.id))
}

/// Gives one another secret; the one before is good no more.
pub(crate) async fn rotate(session: Session<System, Write>, id: &str) -> Result<Committed<IssuedClient>> {
    let client = locked(&session, id).await?;
    let client_secret = secret()?;
    let patch = Patch::empty().with(AuthClient::CLIENT_SECRET, client_secret.as_str())?;
    session.repository::<AuthClient>().update_by_id(client.id, patch).await?;
    let issued = IssuedClient { id: client.id, client_id: client.client_id, client_secret: client_secret.into() };
    Ok(session.commit(issued).await?)
}

/// Refuses to go on where people log in with it, or roles are bound to it. All rows are searched, so that it is asked outside of
/// a transaction: whoever is given it at that moment has one that is gone, and logs in with none.
pub(crate) async fn unused(session: &Session<System, Read>, id: &str) -> Result<()> {
    let client = session.repository::<AuthClient>().get(number(id)?).await?.ok_or_else(|| unknown(id))?;
    let of_person = User::AUTH_CLIENT_IDS.compare(Comparison::HoldsAll(vec![client.id.into()]));
    let of_role = Role::ALLOWED_CLIENTS.holds_any([client.client_id.as_str()]);
    let users = session.repository::<User>().count(Some(&of_person)).await?;
    let roles = session.repository::<Role>().count(Some(&of_role)).await?;
    if users + roles > 0 { Err(Error::StillReferenced) } else { Ok(()) }
}

/// Removes one that is [`unused`].
pub(crate) async fn remove(session: Session<System, Write>, id: &str) -> Result<Committed<()>> {
    let client = locked(&session, id).await?;
    session.repository::<AuthClient>().delete_by_id(client.id).await?;
    Ok(session.commit(()).await?)
}

/// Lets a person log in with these, by their names, and no others.
pub(crate) async fn allow(
    session: Session<System, Write>,
    person: uuid::Uuid,
    names: &[&str],
) -> Result<Committed<()>> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let client = named(&session, name).await?;
        let client = client.ok_or_else(|| Error::RelatedNotFound(Some(Sought::of::<AuthClient>(*name))))?;
        ids.push(client.id);
    }
    let people = session.repository::<User>();
    let (_, user) = session.ask((people.lock_by_id(person), people.get(person))).await?;
    user.ok_or_else(|| users::unknown(&person))?;
    let patch = Patch::empty().with(User::AUTH_CLIENT_IDS, ids)?;
    session.repository::<User>().update_by_id(person, patch).await?;
    Ok(session.commit(()).await?)
}

/// Lets a person who is known already log in with one more. Nothing else of them changes.
pub(crate) async fn add(session: &Session<System, Write>, person: &User, client: Option<i32>) -> Result<()> {
    if person.state() == PersonState::Deactivated {
        return Err(Error::PersonDeactivated);
    }
    let mut clients = person.auth_client_ids.clone().unwrap_or_default();
    if let Some(client) = client.filter(|client| !clients.contains(client)) {
        clients.push(client);
        let patch = Patch::empty().with(User::AUTH_CLIENT_IDS, clients)?;
        session.repository::<User>().update_by_id(person.id, patch).await?;
    }
    Ok(())
}

/// The one with this number, which nobody else changes until the commit.
async fn locked(session: &Session<System, Write>, id: &str) -> Result<AuthClient> {
    let number = number(id)?;
    let clients = session.repository::<AuthClient>();
    let (_, client) = session.ask((clients.lock_by_id(number), clients.get(number))).await?;
    client.ok_or_else(|| unknown(id))
}

fn number(id: &str) -> Result<i32> {
    id.parse().map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Error {
    Error::NotFound(Sought::of::<AuthClient>(id))
}
