//! Work in the background, by the process that has the service.

use super::UserTenantService;
use crate::features::JOBS;
use crate::jobs::{JobOptions, Runner};

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
        Runner::new(sessions, environment, service.metrics.clone(), JOBS, options).run(stop).await;
    }
}
