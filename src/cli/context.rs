//! What every command starts from: the checked configuration, and the ways to the database that it names.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;
use user_tenant_store::environment::Environment;
use user_tenant_store::session::DatabaseOptions;

use super::arguments::Arguments;
use super::failure::Failure;
use super::program::Program;
use super::secret;
use crate::access::sessions::Sessions;
use crate::builder::{Builder, UserTenantService, Verifier};
use crate::clock::Clock;
use crate::config::{self, Config, Effective, Source, VerifierKind};
use crate::domain::passwords::{Blocklist, Passwords};
use crate::mail::SmtpMailer;
use crate::model::permission;
use crate::telemetry::log::Log;

/// How long the database may take to end. A transaction that nobody goes on with is given up before.
const CLOSING: Duration = Duration::from_secs(15);
/// File of the signing secret of an embedded database, beside it.
const SECRET_FILE: &str = "jwt-secret";

/// The configuration of a command.
pub(super) struct Context {
    effective: Effective,
    /// The settings, typed.
    pub(super) config: Config,
    /// What the application adds.
    pub(super) program: Program,
    /// The time.
    pub(super) clock: Clock,
    /// What is open at the database, to be closed at the end.
    opened: Mutex<Vec<Sessions>>,
    /// What is logged is written before this is gone.
    _log: Log,
}

impl Context {
    /// Reads the configuration and starts the log.
    pub(super) fn load(arguments: &Arguments, program: Program) -> Result<Self, Failure> {
        let wrong = |errors: config::ConfigErrors| Failure::Configuration(errors.to_string());
        let environment = |name: &str| std::env::var_os(name);
        let effective = config::load(&arguments.settings, environment, arguments.config.as_deref());
        let effective = effective.map_err(|error| wrong(error.into()))?;
        let verifies = arguments.serves() && program.own_verifier().is_none();
        let config = Config::checked(&effective, verifies).map_err(wrong)?;
        let is_said = effective.source("LOG_LEVEL").is_some_and(|source| source != Source::Default);
        // Only a server's log tells of each request, unless somebody asks for it.
        let level = if is_said || arguments.serves() { config.log_level.as_str() } else { "warn" };
        let log = crate::telemetry::log::start(level, config.log_json);
        for warning in config.warnings(&effective) {
            tracing::warn!("{warning}");
        }
        Ok(Self { effective, config, program, clock: Clock::system(), opened: Mutex::default(), _log: log })
    }

    /// The effective settings as text, secrets masked.
    pub(super) fn describe(&self) -> String {
        config::describe(&self.effective)
    }

    /// The database; the directory of an embedded one is made.
    pub(super) fn database(&self) -> Result<DatabaseOptions, Failure> {
        if self.config.embedded {
            let directory = &self.config.data_dir;
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            // Credentials will lie in it.
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(directory).map_err(|error| {
                let directory = directory.display();
                Failure::Configuration(format!(
                    "DATA_DIR: {directory} cannot be made: {error}; name a directory that can be written to"
                ))
            })?;
        }
        Ok(self.config.database.clone())
    }

    /// Ways to the database, for the operator.
    pub(super) async fn sessions(&self) -> Result<Sessions, Failure> {
        let (database, limits) = (self.database()?, self.config.limits);
        let sessions =
            Sessions::open(&database, limits, Environment::system(), self.program.schema(), self.config.embedded)
                .await?;
        self.keep(&sessions);
        Ok(sessions.beginning(self.config.new_users).with_passwords(self.passwords()?))
    }

    /// What the settings say of passwords; the file of those that nobody may have is read.
    fn passwords(&self) -> Result<Arc<Passwords>, Failure> {
        let blocklist = self.config.password_blocklist.as_ref().map(|file| {
            let told = |error| Failure::Configuration(format!("PASSWORD_BLOCKLIST: {} {error}", file.display()));
            Blocklist::read(file).map_err(told)
        });
        Ok(Arc::new(Passwords::new(self.config.bcrypt_cost, blocklist.transpose()?)))
    }

    /// Builds a service of this configuration.
    pub(super) async fn build(&self, builder: Builder) -> Result<UserTenantService, Failure> {
        let service = builder.build().await?;
        self.keep(service.sessions());
        Ok(service)
    }

    fn keep(&self, sessions: &Sessions) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(sessions.clone());
    }

    /// Closes what the command opened, so that an embedded database is whole in its file.
    pub(super) async fn close(&self) {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        for sessions in opened {
            if timeout(CLOSING, sessions.close()).await.is_err() {
                tracing::warn!(
                    "the database was still at work after {CLOSING:?}: not all of it may be in its file yet"
                );
            }
        }
    }

    /// The secret that tokens are signed with, where this configuration signs any.
    pub(super) fn signing_secret(&self) -> Result<Option<SecretString>, Failure> {
        if self.program.own_verifier().is_some() {
            return Ok(None);
        }
        self.config.check_verifier(&self.effective).map_err(|error| Failure::Configuration(error.to_string()))?;
        match (self.config.verifier, &self.config.jwt_secret) {
            (VerifierKind::Secret, Some(secret)) => Ok(Some(secret.clone())),
            (VerifierKind::Secret, None) => {
                self.database()?;
                Ok(Some(secret::read_or_create(&self.config.data_dir.join(SECRET_FILE))?.into()))
            }
            _ => Ok(None),
        }
    }

    /// Every permission that there is: ours, the application's, and those that the settings name.
    pub(super) fn all_permissions(&self) -> Vec<String> {
        let ours = permission::ALL.iter().map(|permission| permission.name);
        let own = self.program.own_permissions().iter().chain(&self.config.permissions).map(|own| &*own.name);
        ours.chain(own).map(ToOwned::to_owned).collect()
    }

    /// What `iss` must be.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.config.jwt_issuer.as_deref()
    }

    /// The service of this configuration, to be built.
    pub(super) fn service(&self) -> Result<Builder, Failure> {
        if let Some(verifier) = self.program.own_verifier() {
            return self.service_with(verifier);
        }
        let config = &self.config;
        config.check_verifier(&self.effective).map_err(|error| Failure::Configuration(error.to_string()))?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let verifier = match config.verifier {
            VerifierKind::Secret => Verifier::Secret {
                secret: self.signing_secret()?.unwrap_or_default(),
                issuer: config.jwt_issuer.clone(),
            },
            VerifierKind::PublicKey => {
                Verifier::PublicKey { files: config.jwt_public_keys.clone(), issuer: text(&config.jwt_issuer) }
            }
            VerifierKind::JwtKeys => Verifier::JwtKeys { issuer: text(&config.jwt_issuer) },
            VerifierKind::Jwks => Verifier::Jwks {
                url: text(&config.jwt_jwks_url),
                issuer: text(&config.jwt_issuer),
                audience: config.jwt_audience.clone(),
            },
        };
        self.service_with(verifier)
    }

    /// The service of this configuration but for how it verifies tokens.
    pub(super) fn service_with(&self, verifier: Verifier) -> Result<Builder, Failure> {
        let config = &self.config;
        let builder = UserTenantService::builder(self.database()?)
            .verifier(verifier)
            .claims(config.claims.clone())
            .leeway(config.jwt_leeway)
            .limits(config.limits)
            .caller_cache(config.caller_cache)
            .permission_source(config.permission_source)
            .membership_acceptance(config.membership_acceptance)
            .default_auth_client_ids(config.default_auth_client_ids.iter().copied())
            .archive_retention_days(config.archive_retention_days)
            .new_users(config.new_users)
            .passwords(self.passwords()?)
            .mail(config.mail.options.clone())
            .permissions(self.program.own_permissions())
            .permissions(&config.permissions)
            .http(config.http.clone())
            .migrations(self.program.schema());
        let builder = match config.permissions_open {
            Some(open) => builder.permissions_open(open),
            None => builder,
        };
        let builder = match &config.revocations {
            Some(revocations) => builder.revocations(revocations.clone()),
            None => builder,
        };
        let builder = match &config.mail.smtp {
            Some((url, from)) => {
                let mailer = SmtpMailer::new(url, from);
                builder.mailer(mailer.map_err(|error| Failure::Configuration(error.to_string()))?)
            }
            None => builder,
        };
        let builder = self.program.extend(builder);
        Ok(match &config.callback {
            Some(callback) => builder.provisioning_callback(callback.clone()),
            None => builder,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::super::arguments::{Command, ServeOptions};
    use super::*;
    use crate::{TokenVerifier, Verification};

    struct Nobody;

    impl TokenVerifier for Nobody {
        fn verify<'a>(&'a self, _: &'a str) -> Verification<'a> {
            Box::pin(async { Ok(None) })
        }
    }

    #[test]
    fn a_verifier_of_the_application_needs_no_other_and_signs_nothing() {
        let context = |program: Program| {
            let settings = BTreeMap::from([("DATABASE_URL", "sqlite:unused.db".to_owned())]);
            let command = Command::Serve(ServeOptions::default());
            Context::load(&Arguments { command, config: None, settings }, program)
        };
        let plain = context(Program::new());
        assert!(matches!(plain, Err(Failure::Configuration(_))), "JWT_VERIFIER is missing");
        let own = context(Program::new().verifier(Verifier::Host(Arc::new(Nobody)))).unwrap();
        assert!(own.service().is_ok());
        assert!(own.signing_secret().unwrap().is_none());
    }
}
