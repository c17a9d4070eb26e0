//! Pages for operators: at their exact path only, and on a listener of their own where there is one.

use std::net::SocketAddr;

use super::{UNKNOWN, get, on_sqlite};
use crate::program::{Running, Workplace};
use crate::request::{Request, json, text};

/// Every page that a proxy may keep from the public.
const PAGES: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];

/// Other spellings, which an exact rule of a proxy lets through.
fn spellings(page: &str) -> Vec<String> {
    let (first, rest) = page[1..].split_at(1);
    vec![
        format!("{page}/"),
        format!("{page}//"),
        format!("/{page}"),
        format!("//{page}/"),
        page.replacen('/', "//", 2),
        format!("/.{page}"),
        format!("/%{:02x}{rest}", first.as_bytes()[0]),
        format!("{page}%2f"),
        format!("{page};x"),
        page.to_uppercase(),
    ]
}

/// Where the running program says that its operators look.
fn operators(running: &Running) -> SocketAddr {
    let [stdout, _] = running.printed();
    let line = stdout.split_once("Operators http://").unwrap_or_else(|| panic!("no such line in {stdout}")).1;
    line.split_once('/').expect("a path").0.parse().expect("an address")
}

#[test]
fn pages_for_operators_have_one_path_each() {
    let (_database, server) = on_sqlite(&[]);
    let workplace = Workplace::with(&[("BASE_PATH", "/accounts")]);
    let nested = workplace.serve(&[]);
    for page in PAGES {
        assert_eq!(get(&server, page).status, 200, "{page}");
        assert_eq!(nested.request(&format!("GET /accounts{page}")).send().status, 200, "{page}");
        for other in spellings(page) {
            let answer = get(&server, &other);
            assert_eq!((answer.status, text(&answer).as_str()), (404, UNKNOWN), "{other}");
            assert_eq!(nested.request(&format!("GET /accounts{other}")).send().status, 404, "/accounts{other}");
        }
    }
    // The API keeps the forgiveness of the original.
    for forgiven in ["/ping/", "//ping", "/openapi.json/"] {
        assert_eq!(get(&server, forgiven).status, 200, "{forgiven}");
    }
}

#[test]
fn operators_may_have_a_listener_of_their_own() {
    let workplace = Workplace::with(&[("ADMIN_PORT", "0"), ("BASE_PATH", "/accounts")]);
    let mut running = workplace.serve(&[]);
    let operators = operators(&running);
    assert_ne!(operators, running.address());
    let there = |target: &str| Request::new(operators, &format!("GET {target}")).send();
    for page in PAGES {
        let answer = there(page);
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{page}");
        for other in spellings(page) {
            assert_eq!(there(&other).status, 404, "{other}");
        }
    }
    for other in ["/", "/tenants", "/ping", "/openapi.json", "/explorer/", "/accounts/metrics"] {
        let answer = there(other);
        assert_eq!((answer.status, text(&answer).as_str()), (404, UNKNOWN), "{other}");
    }
    assert_eq!(running.request("GET /accounts/metrics").send().status, 404, "there, and nowhere else");
    assert_eq!(running.request("GET /accounts/health/live").send().status, 200);
    assert_eq!(json(&running.request("GET /accounts/health/ready").send())["database"], "up");
    running.stop();
}

#[test]
fn a_port_for_operators_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let workplace = Workplace::with(&[("PORT", "0"), ("ADMIN_PORT", &taken.local_addr().unwrap().port().to_string())]);
    let outcome = workplace.run(&["serve"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("ADMIN_HOST and ADMIN_PORT: 127.0.0.1:"), "{outcome:?}");
}
