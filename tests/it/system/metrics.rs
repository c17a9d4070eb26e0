//! `/metrics`: which numbers there are, and that nobody outside can make more of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use regex::Regex;

use super::get;
use crate::request::text;
use crate::world::{World, on_both};

/// Values of one label by the name of the sample.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// Every sample of a page: name, labels, value.
fn samples(page: &str) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let sample = Regex::new(r"^(\w+)(?:\{(.*)\})? (\S+)$").unwrap();
    let label = Regex::new(r#"(\w+)="((?:[^"\\]|\\.)*)""#).unwrap();
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let found = sample.captures(line).unwrap_or_else(|| panic!("not a sample: {line}"));
            let labels = label.captures_iter(found.get(2).map_or("", |labels| labels.as_str()));
            let labels = labels.map(|pair| (pair[1].to_owned(), pair[2].to_owned())).collect();
            (found[1].trim_start_matches("user_tenant_service_").to_owned(), labels, found[3].parse().unwrap())
        })
        .collect()
}

fn labels(page: &str, name: &str) -> Labels {
    let mut values = Labels::new();
    for (_, labels, _) in samples(page).iter().filter(|(sample, ..)| sample == name) {
        for (label, value) in labels {
            values.entry(label.clone()).or_default().insert(value.clone());
        }
    }
    values
}

on_both!(metrics_have_names_and_bounded_labels);
fn metrics_have_names_and_bounded_labels(world: &World) {
    let send = |line: &str| world.request(line).token("master_a").send();
    assert_eq!(send("GET /tenants/count").status, 200);
    for number in 0..30 {
        send(&format!("GET /unknown-{number}"));
        send(&format!("GET /tenants/unknown-{number}"));
        send(&format!("GET /explorer/unknown-{number}"));
        send(&format!("INVENTED{number} /tenants"));
        send(&format!("GET /tenants/unknown-{number}/roles"));
        world.request("GET /tenants").token("noperm_a").send();
        world.request("GET /tenants").bearer(&format!("invented-{number}")).send();
    }

    let answer = get(&world.server, "/metrics");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let page = text(&answer);
    assert_promtool_agrees(&page);

    let names: BTreeSet<String> = samples(&page).into_iter().map(|(name, ..)| name).collect();
    let expected = [
        "authentication_failures_total",
        "build_info",
        "database_connections",
        "database_connections_available",
        "database_requests_waiting",
        "database_slow_reads",
        "database_slow_reads_waiting",
        "errors_total",
        "job_steps_total",
        "jobs",
        "jobs_at_work",
        "log_lines_dropped_total",
        "mails_waiting",
        "memberships",
        "permission_refusals_total",
        "request_duration_seconds_bucket",
        "request_duration_seconds_count",
        "request_duration_seconds_sum",
        "requests_in_flight",
        "requests_total",
        "role_assignments",
        "tenant_wall_refusals_total",
        "tenants",
        "users",
    ];
    assert_eq!(names, expected.map(ToOwned::to_owned).into());

    let requests = labels(&page, "requests_total");
    let routes = [
        "/explorer/{*file}",
        "/health/ready",
        "/tenants",
        "/tenants/count",
        "/tenants/{id}",
        "/tenants/{id}/roles",
        "unmatched",
    ];
    assert_eq!(requests["route"], routes.map(ToOwned::to_owned).into());
    assert_eq!(requests["method"], ["GET", "other"].map(ToOwned::to_owned).into());
    assert_eq!(requests["status"], ["200", "401", "403", "404"].map(ToOwned::to_owned).into());
    let failures = labels(&page, "authentication_failures_total");
    assert_eq!(failures["reason"], ["malformed_token".to_owned()].into());

    let refusals = labels(&page, "permission_refusals_total");
    assert_eq!(refusals["permission"], ["ViewTenant".to_owned()].into());
    let refusals = labels(&page, "tenant_wall_refusals_total");
    assert_eq!(refusals["route"], ["/tenants/{id}", "/tenants/{id}/roles"].map(ToOwned::to_owned).into());
    assert_eq!(refusals["refusal"], ["forbidden", "not_found"].map(ToOwned::to_owned).into());

    let errors = labels(&page, "errors_total");
    let codes = ["INVALID_TOKEN", "NOT_FOUND", "OUT_OF_REACH", "PERMISSION_MISSING", "UNKNOWN_ROUTE"];
    assert_eq!(errors["code"], codes.map(ToOwned::to_owned).into());

    let value = |name: &str, labels: &[(&str, &str)]| {
        let found = samples(&page).into_iter().find(|(sample, given, _)| {
            sample == name && labels.iter().all(|(label, value)| given.get(*label).map(String::as_str) == Some(*value))
        });
        found.unwrap_or_else(|| panic!("no {name}")).2
    };
    assert!((value("requests_total", &[("route", "unmatched"), ("status", "404")]) - 30.0).abs() < 0.1);
    assert!((value("requests_total", &[("route", "/tenants/{id}")]) - 30.0).abs() < 0.1);
    assert!((value("requests_in_flight", &[]) - 1.0).abs() < 0.1, "only this one");
    assert!(value("database_connections", &[]) >= 1.0);
    for refused in [
        value("permission_refusals_total", &[]),
        value("tenant_wall_refusals_total", &[("refusal", "forbidden")]),
        value("tenant_wall_refusals_total", &[("route", "/tenants/{id}"), ("method", "GET")]),
    ] {
        assert!((refused - 30.0).abs() < 0.1, "{refused}");
    }
}

/// The rules that Prometheus has for names, help texts and units.
#[track_caller]
fn assert_promtool_agrees(page: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be started; ./test.sh fetches it");
    promtool.stdin.take().expect("it reads a page").write_all(page.as_bytes()).expect("it reads all of it");
    let output = promtool.wait_with_output().expect("it ends");
    let complaints = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && complaints.is_empty(), "{complaints}in\n{page}");
}

on_both!(metrics_count_what_is_there);
/// What the fixture holds: deleted rows do not count.
fn metrics_count_what_is_there(world: &World) {
    let page = text(&get(&world.server, "/metrics"));
    for line in [
        r#"tenants{status="active"} 2"#,
        r#"tenants{status="inactive"} 1"#,
        r#"tenants{status="other"} 0"#,
        "users 7",
        r#"memberships{status="active"} 6"#,
        r#"memberships{status="registered"} 1"#,
        r#"memberships{status="rejected"} 0"#,
        "role_assignments 7",
        r#"jobs{state="failed"} 0"#,
    ] {
        assert!(page.contains(&format!("\nuser_tenant_service_{line}\n")), "{line} in\n{page}");
    }
}
