//! `token`: mints a bearer token for a membership.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Read, Session};

use super::arguments::TokenOptions;
use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use crate::access::caller::{ClaimMap, MASTER};
use crate::access::live_permissions::PermissionSource;
use crate::access::sessions::Sessions;
use crate::access::token::sign;
use crate::domain::callers;
use crate::error::Error;

/// Mints and prints it.
pub(super) async fn token(context: &Context, options: &TokenOptions) -> Result<(), Failure> {
    let sessions = context.sessions().await?;
    let secret = context.signing_secret()?.ok_or_else(|| {
        let message = match context.program.own_verifier() {
            Some(_) => "this program verifies tokens in a way of its own, and mints none",
            None => {
                "no signing key: tokens can be minted only with JWT_VERIFIER=secret and JWT_SECRET (or the embedded database)"
            }
        };
        Failure::Configuration(message.to_owned())
    })?;
    say(&mint(context, &sessions, options, &secret).await?)?;
    Ok(())
}

/// Why there is no membership to mint a token for, and what to do.
async fn nobody(session: &Session<System, Read>) -> Result<Failure, Failure> {
    let program = program();
    if callers::oldest_members_tenant(session).await?.is_none() {
        return Ok(Failure::other(format!("there is no membership yet; make one with:  {program} bootstrap")));
    }
    Ok(Failure::other(format!(
        "no membership is active, with its user and its tenant. Open a tenant again, or let another administrator in:\n  \
         {program} tenant list\n  {program} tenant activate KEY, or of an archived one  {program} tenant restore KEY\n  {program} bootstrap --tenant KEY \
         --username NAME --email ADDRESS --role-name NAME"
    )))
}

/// A token as the options want it, signed with this secret.
pub(super) async fn mint(
    context: &Context,
    sessions: &Sessions,
    options: &TokenOptions,
    secret: &SecretString,
) -> Result<String, Failure> {
    let session = sessions.read_system(SystemReason::CommandLine);
    let user_tenant = match options.user_tenant {
        Some(id) => id,
        None => match callers::oldest_membership(&session).await? {
            Some(id) => id,
            None => return Err(nobody(&session).await?),
        },
    };
    let mut claims = callers::claims(&session, user_tenant).await.map_err(|error| match error {
        Error::NotFound(_) => Failure::other(format!(
            "--user-tenant: no active membership {user_tenant} with a active user and role; `bootstrap` prints the one it makes"
        )),
        other => other.into(),
    })?;
    if context.config.permission_source == PermissionSource::Live {
        if !options.permissions.is_empty() {
            let why = "--permission: with JWT_PERMISSIONS=live the database says what a caller may do, and a token holds none";
            return Err(Failure::Usage(why.to_owned()));
        }
        claims.remove("permissions");
    }
    if !options.permissions.is_empty() {
        claims.insert("permissions".to_owned(), json!(options.permissions));
    }
    if options.master {
        claims.insert("tenantType".to_owned(), MASTER.into());
    }
    // The configured claims may lie elsewhere than the usual ones.
    let caller =
        ClaimMap::default().caller(&claims.into()).map_err(|_| Failure::other("the membership has no valid ids"))?;
    let claims = context.config.claims.write(&caller);
    sign(claims, secret.expose_secret(), context.issuer(), context.clock.now(), options.life)
        .map_err(|error| Failure::Other("the token could not be signed".to_owned(), Some(Box::new(error))))
}
