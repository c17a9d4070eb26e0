//! The numbers at `/metrics`: declare a metric here, keep its handle, count where it happens.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use user_tenant_store::session::PoolState;

/// Upper bounds of request durations, in seconds: from what a cache answers to what a client gives up on.
const DURATIONS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// Handles of all metrics. Labels are bounded: routes are templates, methods and reasons are lists.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    pool_size: Gauge<u64, AtomicU64>,
    pool_available: Gauge<u64, AtomicU64>,
    pool_waiting: Gauge<u64, AtomicU64>,
    authentication_failures: Family<ReasonLabels, Counter>,
}

/// Counts a request as in flight until it is dropped.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Registers all metrics.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("user_tenant_service"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            in_flight: Gauge::default(),
            pool_size: Gauge::default(),
            pool_available: Gauge::default(),
            pool_waiting: Gauge::default(),
            authentication_failures: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time to answer a request",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("requests_in_flight", "Requests being answered", metrics.in_flight.clone());
        registry.register("database_connections", "Database connections open", metrics.pool_size.clone());
        registry.register(
            "database_connections_available",
            "Database connections idle",
            metrics.pool_available.clone(),
        );
        registry.register(
            "database_requests_waiting",
            "Requests waiting for a database connection",
            metrics.pool_waiting.clone(),
        );
        registry.register(
            "authentication_failures",
            "Requests whose caller could not be established, by reason",
            metrics.authentication_failures.clone(),
        );
        registry.register("build", "The running program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        metrics
    }

    /// A request came in.
    pub(crate) fn request_started(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request was answered.
    pub(crate) fn request_finished(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let method = known_method(method);
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status }).inc();
        self.durations.get_or_create(&RouteLabels { method, route: route.to_owned() }).observe(elapsed.as_secs_f64());
    }

    /// A request had no valid caller.
    pub(crate) fn authentication_failed(&self, reason: &'static str) {
        self.authentication_failures.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// All metrics in the text format of `OpenMetrics`.
    pub(crate) fn encode(&self, pool: PoolState) -> String {
        self.pool_size.set(pool.size as u64);
        self.pool_available.set(pool.available as u64);
        self.pool_waiting.set(pool.waiting as u64);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
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
    use user_tenant_store::session::PoolState;

    use super::Metrics;

    const POOL: PoolState = PoolState { size: 5, available: 3, waiting: 2 };

    #[test]
    fn what_happened_is_counted_under_bounded_labels() {
        let metrics = Metrics::new();
        let first = metrics.request_started();
        let second = metrics.request_started();
        drop(first);
        metrics.request_finished(&Method::GET, "/tenants/{id}", 200, Duration::from_millis(2));
        metrics.request_finished(&Method::from_bytes(b"BREW").unwrap(), "unmatched", 404, Duration::ZERO);
        metrics.authentication_failed("expired");
        let text = metrics.encode(POOL);
        for line in [
            r#"user_tenant_service_requests_total{method="GET",route="/tenants/{id}",status="200"} 1"#,
            r#"user_tenant_service_requests_total{method="other",route="unmatched",status="404"} 1"#,
            r#"user_tenant_service_request_duration_seconds_count{method="GET",route="/tenants/{id}"} 1"#,
            r#"user_tenant_service_request_duration_seconds_bucket{le="0.0025",method="GET",route="/tenants/{id}"} 1"#,
            "user_tenant_service_requests_in_flight 1",
            "user_tenant_service_database_connections 5",
            "user_tenant_service_database_connections_available 3",
            "user_tenant_service_database_requests_waiting 2",
            r#"user_tenant_service_authentication_failures_total{reason="expired"} 1"#,
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        drop(second);
        assert!(metrics.encode(POOL).contains("user_tenant_service_requests_in_flight 0\n"));
    }

    /// The rules that `promtool check metrics` has for names and help texts.
    #[test]
    fn names_follow_the_conventions() {
        let metrics = Metrics::new();
        metrics.request_finished(&Method::GET, "/ping", 200, Duration::ZERO);
        metrics.authentication_failed("expired");
        let text = metrics.encode(POOL);
        let types: Vec<(&str, &str)> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
        assert_eq!(types.len(), 8);
        for (name, kind) in types {
            assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
            assert!(name.starts_with("user_tenant_service_"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(!name.contains(kind), "{name} repeats its type {kind}");
            assert_eq!(kind == "histogram", name.ends_with("_seconds"), "{name} lacks its unit");
        }
        assert!(text.contains(r#"user_tenant_service_build_info{version=""#), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
