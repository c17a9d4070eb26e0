//! `keys add | list | remove`: the public keys that verify tokens.

use user_tenant_store::filter::Filter;
use user_tenant_store::record::New;
use user_tenant_store::scope::SystemReason;
use user_tenant_store::value::Value;

use super::arguments::KeysAction;
use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use crate::access::keys::can_be_key_id;
use crate::access::verification_key::VerificationKey;
use crate::error::Error;
use crate::model::JwtKey;

/// Does one of the three.
pub(super) async fn keys(context: &Context, action: &KeysAction) -> Result<(), Failure> {
    let sessions = context.sessions().await?;
    match action {
        KeysAction::Add { kid, public_key } => {
            if !can_be_key_id(kid) {
                return Err(Failure::other("--kid: an id has 1 to 100 characters and no control characters"));
            }
            let pem = std::fs::read_to_string(public_key)
                .map_err(|error| Failure::other(format!("{}: {error}", public_key.display())))?;
            VerificationKey::rsa_pem(&pem)
                .map_err(|reason| Failure::other(format!("{}: {reason}", public_key.display())))?;
            let session = sessions.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
            let key = New::<JwtKey>::empty()
                .with(JwtKey::KEY_ID, kid.as_str())
                .and_then(|key| key.with(JwtKey::PUBLIC_KEY, pem))
                .map_err(Error::from)?;
            session.repository().create(key).await.map_err(Error::from)?;
            session.commit(()).await.map_err(Error::from)?.into_inner();
            say(&format!("added {kid}"))?;
        }
        KeysAction::List => {
            let session = sessions.read_system(SystemReason::CommandLine);
            let shown = vec![JwtKey::ID.position(), JwtKey::KEY_ID.position(), JwtKey::CREATED_ON.position()];
            let filter = Filter { fields: Some(shown), ..Filter::default() };
            let keys = session.repository::<JwtKey>();
            let mut pages = keys.pages(filter);
            while let Some(keys) = pages.next().await.map_err(Error::from)? {
                for key in &keys {
                    let text = |value: Option<&Value>| value.and_then(Value::to_key).unwrap_or_default();
                    say(&format!("{}  {}", text(key.get(JwtKey::KEY_ID)), text(key.get(JwtKey::CREATED_ON))))?;
                }
            }
        }
        KeysAction::Remove { kid } => {
            let session = sessions.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
            let named = JwtKey::KEY_ID.is(kid);
            let removed = session.repository::<JwtKey>().delete_all(Some(&named)).await.map_err(Error::from)?;
            session.commit(()).await.map_err(Error::from)?.into_inner();
            if removed == 0 {
                return Err(Failure::other(format!("there is no key {kid}; list them with:  {} keys list", program())));
            }
            say(&format!("removed {kid}"))?;
        }
    }
    Ok(())
}
