//! What counts as an attempt where no core is free.

use std::sync::Arc;

use user_tenant_store::audit::ActorKind;
use user_tenant_store::environment::Environment;
use user_tenant_store::session::Limits;

use super::rules::Name;
use super::steps::{self, Typed};
use crate::MIGRATIONS;
use crate::access::sessions::Sessions;
use crate::database::{Database, Outcome};
use crate::domain::passwords::{Password, Passwords};
use crate::error::Error;
use crate::model::LoginAttempt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_looked_at_has_not_failed_on_sqlite() -> Outcome {
    who_is_not_looked_at_has_not_failed(Database::sqlite()?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_looked_at_has_not_failed_on_postgres() -> Outcome {
    who_is_not_looked_at_has_not_failed(Database::postgres("passwords_not_looked_at").await?).await
}

async fn who_is_not_looked_at_has_not_failed(database: Database) -> Outcome {
    let sessions =
        Sessions::open(&database.options, Limits::default(), Environment::system(), MIGRATIONS, true).await?;
    let verify = async |sessions: &Sessions| {
        let (name, password) = (Name::Username("nobody".to_owned()), Password::new("correct horse battery staple"));
        let typed = Typed { name, password, tenant: None, address: Some([10, 0, 0, 1].into()) };
        steps::verify(&sessions.logins(ActorKind::System), typed).await
    };
    let failures = async || -> Outcome<Vec<i32>> {
        let session = sessions.logins(ActorKind::System).read();
        let all = session.repository::<LoginAttempt>().find_typed(LoginAttempt::FAILURES.is_none_of([0])).await?;
        Ok(all.iter().map(|known| known.failures).collect())
    };
    let at_work = sessions.clone().with_passwords(Arc::new(Passwords::at_work()));
    assert!(matches!(verify(&at_work).await, Err(Error::Unavailable(_))));
    assert!(failures().await?.is_empty());
    // Those of before stay, of the name and of the address.
    assert_eq!(verify(&sessions).await?, None);
    assert!(matches!(verify(&at_work).await, Err(Error::Unavailable(_))));
    assert_eq!(failures().await?, [1, 1]);
    Ok(())
}
