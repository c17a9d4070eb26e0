//! How many tenants, users, memberships and role assignments there are: counted when somebody asks, and then not again for a while.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Registry, Result};
use tokio::sync::Mutex;
use tokio::time::Instant;
use user_tenant_store::StoreResult;
use user_tenant_store::value::Value;

use super::metrics::Gauges;
use crate::model::{Job, TenantStatus, UserStatus};

/// How long a count is good for, at least. On a large database it reads an index or two from end to end.
const INTERVAL: Duration = Duration::from_secs(30);
/// The pause after a count, as a multiple of the time that it took, whether it failed or not: a tenth of the time at
/// most is spent on counting.
const PAUSE: u32 = 10;
/// How long a request for the metrics waits for a count; what comes later is told at the next one.
const PATIENCE: Duration = Duration::from_secs(1);
/// Label of the statuses that the service gives no meaning.
const OTHER: &str = "other";
const TENANT: [(TenantStatus, &str); 3] =
    [(TenantStatus::Active, "active"), (TenantStatus::Inactive, "inactive"), (TenantStatus::Pending, "pending")];
const MEMBERSHIP: [(UserStatus, &str); 5] = [
    (UserStatus::Registered, "registered"),
    (UserStatus::Active, "active"),
    (UserStatus::Inactive, "inactive"),
    (UserStatus::PasswordChangeNeeded, "password_change_needed"),
    (UserStatus::Rejected, "rejected"),
];

/// Rows that are not deleted, by what is told of them.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Tenants by status.
    pub(crate) tenants: Vec<(Value, u64)>,
    /// Users.
    pub(crate) users: u64,
    /// Memberships by status.
    pub(crate) memberships: Vec<(Value, u64)>,
    /// Memberships whose user, tenant and role are there.
    pub(crate) role_assignments: u64,
    /// Jobs by state.
    pub(crate) jobs: Vec<(Value, u64)>,
    /// Mails that wait to be sent.
    pub(crate) mails_waiting: u64,
}

/// The last count. While there is none, or the database does not answer, the numbers are left out rather than wrong.
#[derive(Debug)]
pub(crate) struct Population {
    gauges: Arc<PopulationGauges>,
    /// When to count again; who counts holds it, so that nobody else does.
    next: Arc<Mutex<Option<Instant>>>,
}

#[derive(Debug)]
struct PopulationGauges {
    tenants: Gauges<1>,
    users: Gauges<0>,
    memberships: Gauges<1>,
    role_assignments: Gauges<0>,
    jobs: Gauges<1>,
    mails_waiting: Gauges<0>,
}

impl Population {
    /// Registers the numbers, which nobody has counted yet.
    pub(super) fn new(registry: &Registry) -> Result<Self> {
        let gauges = PopulationGauges {
            tenants: Gauges::new(registry, "tenants", "Tenants, by status", ["status"])?,
            users: Gauges::new(registry, "users", "Users, who have a status in each of their tenants only", [])?,
            memberships: Gauges::new(registry, "memberships", "Users in tenants, by status", ["status"])?,
            role_assignments: Gauges::new(registry, "role_assignments", "Roles that users have in tenants", [])?,
            jobs: Gauges::new(registry, "jobs", "Jobs, by state", ["state"])?,
            mails_waiting: Gauges::new(registry, "mails_waiting", "Mails that are to be sent", [])?,
        };
        Ok(Self { gauges: Arc::new(gauges), next: Arc::default() })
    }

    /// Counts anew, unless somebody does or did not long ago, and waits a moment for it.
    pub(crate) async fn refresh(&self, count: impl Future<Output = StoreResult<Counts>> + Send + 'static) {
        let Ok(mut next) = self.next.clone().try_lock_owned() else { return };
        let started = Instant::now();
        if next.is_some_and(|next| started < next) {
            return;
        }
        let gauges = self.gauges.clone();
        let work = tokio::spawn(async move {
            let counts = count.await.inspect_err(|error| tracing::debug!(%error, "rows could not be counted")).ok();
            *next = Some(Instant::now() + pause(counts.is_some(), started.elapsed()));
            match counts {
                Some(counts) => gauges.show(&counts),
                None => gauges.clear(),
            }
        });
        // Whoever waits no longer leaves the count running.
        let _ = tokio::time::timeout(PATIENCE, work).await;
    }
}

impl PopulationGauges {
    fn show(&self, counts: &Counts) {
        by_status(&self.tenants, TENANT, &counts.tenants);
        self.users.set([], counts.users);
        by_status(&self.memberships, MEMBERSHIP, &counts.memberships);
        self.role_assignments.set([], counts.role_assignments);
        for state in [Job::QUEUED, Job::RUNNING, Job::DONE, Job::FAILED] {
            let count = counts.jobs.iter().find(|(held, _)| held.as_text() == Some(state));
            self.jobs.set([state], count.map_or(0, |(_, count)| *count));
        }
        self.mails_waiting.set([], counts.mails_waiting);
    }

    fn clear(&self) {
        self.tenants.clear();
        self.users.clear();
        self.memberships.clear();
        self.role_assignments.clear();
        self.jobs.clear();
        self.mails_waiting.clear();
    }
}

/// From the end of a count to the next.
fn pause(counted: bool, took: Duration) -> Duration {
    let least = if counted { INTERVAL } else { Duration::ZERO };
    least.max(took * PAUSE)
}

/// One gauge for each status, those of no rows too, so that a number goes down to zero instead of away.
fn by_status<const N: usize>(gauges: &Gauges<1>, known: [(impl Into<i32>, &'static str); N], counts: &[(Value, u64)]) {
    let mut others: u64 = counts.iter().map(|(_, count)| count).sum();
    for (status, label) in known {
        let status = Value::Integer(status.into().into());
        let count = counts.iter().find(|(held, _)| *held == status).map_or(0, |(_, count)| *count);
        others -= count;
        gauges.set([label], count);
    }
    gauges.set([OTHER], others);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use prometheus::{Registry, TextEncoder};
    use tokio::sync::Semaphore;
    use user_tenant_store::value::Value;
    use user_tenant_store::{StoreError, StoreResult};

    use super::{Counts, INTERVAL, Population, pause};

    /// A database that answers when it is let.
    struct Database {
        registry: Registry,
        population: Population,
        begun: Arc<AtomicUsize>,
        answers: Arc<Semaphore>,
    }

    impl Database {
        fn new(answers: usize) -> Self {
            let registry = Registry::new();
            let population = Population::new(&registry).unwrap();
            Self { registry, population, begun: Arc::default(), answers: Arc::new(Semaphore::new(answers)) }
        }

        /// Asks for the numbers, and answers them and how often there was a count so far.
        async fn ask(&self, users: StoreResult<u64>) -> (String, usize) {
            let (begun, answers) = (self.begun.clone(), self.answers.clone());
            let count = async move {
                begun.fetch_add(1, Ordering::Relaxed);
                answers.acquire().await.unwrap().forget();
                let held = |status, count| (Value::Integer(status), count);
                Ok(Counts {
                    tenants: vec![held(1, 2), held(9, 4)],
                    users: users?,
                    memberships: vec![held(0, 3)],
                    role_assignments: 5,
                    jobs: vec![(Value::from("failed"), 6)],
                    mails_waiting: 8,
                })
            };
            self.population.refresh(count).await;
            (self.page(), self.begun.load(Ordering::Relaxed))
        }

        fn page(&self) -> String {
            TextEncoder.encode_to_string(&self.registry.gather()).unwrap()
        }
    }

    #[tokio::test]
    async fn a_count_is_good_for_a_while() {
        let database = Database::new(2);
        let (page, begun) = database.ask(Ok(7)).await;
        assert_eq!(begun, 1);
        for line in [
            r#"tenants{status="active"} 2"#,
            r#"tenants{status="inactive"} 0"#,
            r#"tenants{status="other"} 4"#,
            r#"memberships{status="registered"} 3"#,
            r#"memberships{status="rejected"} 0"#,
            "users 7",
            "role_assignments 5",
            r#"jobs{state="failed"} 6"#,
            r#"jobs{state="queued"} 0"#,
            "mails_waiting 8",
        ] {
            assert!(page.lines().any(|known| known == line), "{line} in\n{page}");
        }
        assert_eq!(database.ask(Ok(8)).await, (page, 1));
    }

    #[tokio::test]
    async fn nobody_waits_long_and_nobody_counts_beside() {
        let database = Database::new(0);
        for _ in 0..3 {
            assert_eq!(database.ask(Ok(7)).await, (String::new(), 1), "the first count still runs");
        }
        database.answers.add_permits(1);
        while database.page().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(database.page().contains("\nusers 7\n"));
    }

    #[tokio::test]
    async fn after_a_failure_there_are_no_numbers_until_the_next_count() {
        let database = Database::new(Semaphore::MAX_PERMITS);
        let failure = Err(StoreError::Unavailable("gone".into()));
        assert_eq!(database.ask(failure).await, (String::new(), 1));
        while database.page().is_empty() {
            database.ask(Ok(7)).await;
        }
        assert_eq!(database.begun.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_tenth_of_the_time_at_most_is_spent_on_counting() {
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(20));
        assert_eq!([pause(true, short), pause(true, long)], [INTERVAL, long * 10]);
        assert_eq!([pause(false, short), pause(false, long)], [short * 10, long * 10]);
    }
}
