//! Work in the background, by the process that has the service.

use user_tenant_store::scope::SystemReason;
use uuid::Uuid;

use super::UserTenantService;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::features::JOBS;
use crate::jobs::{self, JobOptions, JobQuery, Runner};
use crate::model::Job;

impl UserTenantService {
    /// Does jobs until `stop` is done, and lets those at work end within the grace. The program's `serve` does this; a host that
    /// serves the routes itself spawns it, in as many processes as it likes: each job is done by one of them.
    ///
    /// ```
    /// use user_tenant_service::{JobOptions, UserTenantService};
    ///
    /// async fn beside_the_routes(users: UserTenantService, stop: impl Future<Output = ()> + Send + 'static) {
    ///     tokio::spawn(async move { users.run_jobs(JobOptions::default(), stop).await });
    /// }
    /// ```
    pub async fn run_jobs(&self, options: JobOptions, stop: impl Future<Output = ()>) {
        let service = self.service();
        let (sessions, environment) = (service.sessions.clone(), service.environment.clone());
        let runner = Runner::new(sessions, environment, service.metrics.clone(), JOBS, options);
        runner.mailing(service.mail.clone()).run(stop).await;
    }

    /// Jobs: first those that are to be done, in the order of their time, then those that are over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, query: JobQuery) -> Result<Vec<Job>> {
        jobs::list(&self.sessions().read_system(SystemReason::HostApplication), query).await
    }

    /// Lets a job be done now that waits for its next attempt, or that was given up. Whether it is one of these: it may be at work,
    /// or done.
    ///
    /// # Errors
    /// [`Error::NotFound`], and when the database fails.
    pub async fn retry_job(&self, job: Uuid) -> Result<bool> {
        jobs::retry(self.write().await?, job).await
    }
}
