//! The numbers at `/metrics`: declare a metric here, keep its handle, count where it happens.

use std::time::Duration;

use axum::http::Method;
use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, Result, TextEncoder,
};
use user_tenant_store::session::{PoolState, SlowReadsState};

use super::population::Population;

/// What all names begin with.
const PREFIX: &str = "user_tenant_service";

/// Upper bounds of request durations, in seconds: from what a cache answers to what a client gives up on.
const DURATIONS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// A counter for each combination of `N` labels.
#[derive(Debug)]
struct Counters<const N: usize>(IntCounterVec);

impl<const N: usize> Counters<N> {
    fn new(registry: &Registry, name: &str, help: &str, labels: [&str; N]) -> Result<Self> {
        Ok(Self(registered(registry, IntCounterVec::new(Opts::new(name, help), &labels)?)?))
    }

    fn count(&self, labels: [&str; N]) {
        // It fails on another number of labels, and `N` is the number.
        if let Ok(counter) = self.0.get_metric_with_label_values(&labels) {
            counter.inc();
        }
    }
}

/// Gauges that go away with what they tell, by one label or none.
#[derive(Debug)]
pub(super) struct Gauges<const N: usize>(IntGaugeVec);

impl<const N: usize> Gauges<N> {
    /// Registers gauges with these labels.
    pub(super) fn new(registry: &Registry, name: &str, help: &str, labels: [&str; N]) -> Result<Self> {
        Ok(Self(registered(registry, IntGaugeVec::new(Opts::new(name, help), &labels)?)?))
    }

    /// Sets one of them; it is there from now on.
    pub(super) fn set(&self, labels: [&str; N], value: u64) {
        if let Ok(gauge) = self.0.get_metric_with_label_values(&labels) {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        self.0.reset();
    }
}

/// Handles of all metrics. Labels are bounded: routes are templates; methods, reasons and permissions are lists.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Counters<3>,
    durations: HistogramVec,
    in_flight: IntGauge,
    pool_size: IntGauge,
    pool_available: IntGauge,
    pool_waiting: IntGauge,
    slow_reads: IntGauge,
    slow_reads_waiting: IntGauge,
    authentication_failures: Counters<1>,
    permission_refusals: Counters<1>,
    wall_refusals: Counters<3>,
    errors: Counters<1>,
    connections_ended: Counters<1>,
    job_steps: Counters<2>,
    revocation_questions: Counters<1>,
    redis_up: Gauges<0>,
    jobs_at_work: IntGauge,
    mails: Counters<2>,
    #[cfg(feature = "cli")]
    log_lines_dropped: prometheus::IntCounter,
    /// How many rows of a kind there are.
    pub(crate) population: Population,
}

/// Counts a request as in flight, or a job as at work, until it is dropped.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Registers all metrics.
    ///
    /// # Errors
    /// When a name is no name, or is there twice.
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new_custom(Some(PREFIX.to_owned()), None)?;
        let gauge = |name: &str, help: &str| registered(&registry, IntGauge::new(name, help)?);
        let durations =
            HistogramOpts::new("request_duration_seconds", "Time to answer a request").buckets(DURATIONS.to_vec());
        let build = Gauges::new(&registry, "build_info", "The running program, by its version", ["version"])?;
        build.set([env!("CARGO_PKG_VERSION")], 1);
        Ok(Self {
            requests: Counters::new(&registry, "requests_total", "Requests answered", ["method", "route", "status"])?,
            durations: registered(&registry, HistogramVec::new(durations, &["method", "route"])?)?,
            in_flight: gauge("requests_in_flight", "Requests being answered")?,
            pool_size: gauge("database_connections", "Database connections open")?,
            pool_available: gauge("database_connections_available", "Database connections idle")?,
            pool_waiting: gauge("database_requests_waiting", "Requests waiting for a database connection")?,
            slow_reads: gauge("database_slow_reads", "Reads under way that have taken more than 250 ms")?,
            slow_reads_waiting: gauge(
                "database_slow_reads_waiting",
                "Reads waiting for a slow one of the same caller",
            )?,
            authentication_failures: Counters::new(
                &registry,
                "authentication_failures_total",
                "Requests whose caller could not be established, by reason",
                ["reason"],
            )?,
            permission_refusals: Counters::new(
                &registry,
                "permission_refusals_total",
                "Requests whose caller lacked the permission of the route, by permission",
                ["permission"],
            )?,
            wall_refusals: Counters::new(
                &registry,
                "tenant_wall_refusals_total",
                "Requests that named what is not of the tenant they act on, or nowhere at all",
                ["method", "route", "refusal"],
            )?,
            errors: Counters::new(
                &registry,
                "errors_total",
                "Requests that were refused or failed, by the code of docs/errors.md",
                ["code"],
            )?,
            connections_ended: Counters::new(
                &registry,
                "connections_ended_total",
                "Connections that a bound ended, by bound",
                ["bound"],
            )?,
            job_steps: Counters::new(
                &registry,
                "job_steps_total",
                "Steps of jobs that this process has done, by kind, and by how they ended",
                ["kind", "outcome"],
            )?,
            revocation_questions: Counters::new(
                &registry,
                "revocation_questions_total",
                "Questions to Redis whether a token was revoked, by outcome",
                ["outcome"],
            )?,
            redis_up: Gauges::new(&registry, "redis_up", "Whether Redis answered when it was asked last", [])?,
            jobs_at_work: gauge("jobs_at_work", "Jobs that this process is working on")?,
            mails: Counters::new(
                &registry,
                "mails_total",
                "Mails that this process has tried to send, by kind, and by what became of them",
                ["kind", "outcome"],
            )?,
            #[cfg(feature = "cli")]
            log_lines_dropped: registered(
                &registry,
                prometheus::IntCounter::new(
                    "log_lines_dropped_total",
                    "Lines of the log that could not be written, or not in time",
                )?,
            )?,
            population: Population::new(&registry)?,
            registry,
        })
    }

    /// A request came in.
    pub(crate) fn request_started(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request was answered.
    pub(crate) fn request_finished(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let method = known_method(method);
        self.requests.count([method, route, &status.to_string()]);
        if let Ok(histogram) = self.durations.get_metric_with_label_values(&[method, route]) {
            histogram.observe(elapsed.as_secs_f64());
        }
    }

    /// A request had no valid caller.
    pub(crate) fn authentication_failed(&self, reason: &'static str) {
        self.authentication_failures.count([reason]);
    }

    /// A caller lacked the permission of a route; of several that would have done, the first is named.
    pub(crate) fn permission_refused(&self, permission: &'static str) {
        self.permission_refusals.count([permission]);
    }

    /// A request named what is not of the tenant that it acts on.
    pub(crate) fn wall_refused(&self, method: &Method, route: &'static str, refusal: &'static str) {
        self.wall_refusals.count([known_method(method), route, refusal]);
    }

    /// A request ended in an error with this code.
    pub(crate) fn ended_in_error(&self, code: &'static str) {
        self.errors.count([code]);
    }

    /// A connection was ended for what its client did, or for how many the client has.
    pub(crate) fn connection_ended(&self, bound: &'static str) {
        self.connections_ended.count([bound]);
    }

    /// A job was begun.
    pub(crate) fn job_started(&self) -> InFlight {
        self.jobs_at_work.inc();
        InFlight(self.jobs_at_work.clone())
    }

    /// A step of a job has ended.
    pub(crate) fn job_stepped(&self, kind: &'static str, outcome: &'static str) {
        self.job_steps.count([kind, outcome]);
    }

    /// Redis was asked whether a token was revoked.
    pub(crate) fn revocation_asked(&self, outcome: &'static str) {
        self.revocation_questions.count([outcome]);
    }

    /// Redis answered, or did not.
    pub(crate) fn redis_is_up(&self, is_up: bool) {
        self.redis_up.set([], is_up.into());
    }

    /// A mail was sent, refused, or is tried again.
    pub(crate) fn mailed(&self, kind: &'static str, outcome: &'static str) {
        self.mails.count([kind, outcome]);
    }

    /// All metrics in the text format of Prometheus.
    ///
    /// # Errors
    /// When a metric cannot be written.
    pub(crate) fn encode(&self, (pool, slow): (PoolState, SlowReadsState)) -> Result<String> {
        for (gauge, count) in [
            (&self.pool_size, pool.size),
            (&self.pool_available, pool.available),
            (&self.pool_waiting, pool.waiting),
            (&self.slow_reads, slow.under_way),
            (&self.slow_reads_waiting, slow.waiting),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        #[cfg(feature = "cli")]
        {
            let dropped = super::log::dropped_lines();
            self.log_lines_dropped.inc_by(dropped.saturating_sub(self.log_lines_dropped.get()));
        }
        TextEncoder.encode_to_string(&self.registry.gather())
    }
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

/// A client may invent methods; they share one label.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Method;
    use user_tenant_store::session::{PoolState, SlowReadsState};

    use super::Metrics;

    const LOAD: (PoolState, SlowReadsState) =
        (PoolState { size: 5, available: 3, waiting: 2 }, SlowReadsState { under_way: 1, waiting: 4 });

    #[test]
    fn what_happened_is_counted_under_bounded_labels() {
        let metrics = Metrics::new().unwrap();
        let first = metrics.request_started();
        let second = metrics.request_started();
        drop(first);
        metrics.request_finished(&Method::GET, "/tenants/{id}", 200, Duration::from_millis(2));
        metrics.request_finished(&Method::from_bytes(b"BREW").unwrap(), "unmatched", 404, Duration::ZERO);
        metrics.authentication_failed("expired");
        let text = metrics.encode(LOAD).unwrap();
        for line in [
            r#"user_tenant_service_requests_total{method="GET",route="/tenants/{id}",status="200"} 1"#,
            r#"user_tenant_service_requests_total{method="other",route="unmatched",status="404"} 1"#,
            r#"user_tenant_service_request_duration_seconds_count{method="GET",route="/tenants/{id}"} 1"#,
            r#"user_tenant_service_request_duration_seconds_bucket{method="GET",route="/tenants/{id}",le="0.0025"} 1"#,
            "user_tenant_service_requests_in_flight 1",
            "user_tenant_service_database_connections 5",
            "user_tenant_service_database_connections_available 3",
            "user_tenant_service_database_requests_waiting 2",
            "user_tenant_service_database_slow_reads 1",
            "user_tenant_service_database_slow_reads_waiting 4",
            r#"user_tenant_service_authentication_failures_total{reason="expired"} 1"#,
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        drop(second);
        assert!(metrics.encode(LOAD).unwrap().contains("user_tenant_service_requests_in_flight 0\n"));
    }
}
