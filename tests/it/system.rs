//! What surrounds the routes: pages for operators, the explorer, request ids, CORS, bounds, and what malformed input gets.

mod bodies;
pub(crate) mod bounds;
mod bytes;
mod document;
mod malformed;
mod metrics;
mod operators;
mod places;
mod wire;

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value as Json, json};

use crate::request::{Request, json, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::support::server::Server;
use crate::world::{World, on_both};

/// An unknown route, as the original words it.
const UNKNOWN: &str = r#"{"error":{"statusCode":404,"name":"NotFoundError","message":"API not found !"}}"#;

fn get(server: &Server, target: &str) -> Answer {
    Request::new(server.address(), &format!("GET {target}")).send()
}

fn on_sqlite(settings: &[(&str, &str)]) -> (Database, Server) {
    let database = Database::sqlite();
    let server = Server::start(&database.url(), settings);
    database.restore();
    (database, server)
}

#[test]
fn pages_for_operators_need_no_token() {
    let (_database, server) = on_sqlite(&[]);

    let ping = json(&get(&server, "/ping"));
    assert_eq!(ping["greeting"], "Hello from User Tenant Service");
    assert_eq!(ping["url"], "/ping");
    let date = ping["date"].as_str().unwrap();
    assert!(Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").unwrap().is_match(date), "{date}");

    let live = get(&server, "/health/live");
    assert_eq!((live.status, json(&live)), (200, json!({ "status": "ok" })));
    let document = get(&server, "/openapi.json");
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let yaml = get(&server, "/openapi.yaml");
    assert_eq!((yaml.status, yaml.header("content-type")), (200, "application/yaml"));
    let same: Json = serde_norway::from_slice(&yaml.body).unwrap();
    assert_eq!(same, json(&document));
    assert_eq!(same["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    assert!(same["paths"]["/tenants/{id}"]["get"].is_object());
}

on_both!(ready_asks_the_database);
fn ready_asks_the_database(world: &World) {
    let ready = get(&world.server, "/health/ready");
    assert_eq!((ready.status, json(&ready)), (200, json!({ "status": "ok", "database": "up" })));
}

#[test]
fn the_explorer_asks_no_other_host() {
    let (_database, server) = on_sqlite(&[]);
    let entry = get(&server, "/explorer");
    assert_eq!((entry.status, entry.header("location")), (301, "./explorer/"));

    let page = get(&server, "/explorer/");
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let reference = Regex::new(r#"(?:src|href)="([^"]*)""#).unwrap();
    let files: BTreeSet<String> =
        reference.captures_iter(&text(&page)).map(|found| found[1].trim_start_matches("./").to_owned()).collect();
    assert!(files.contains("swagger-ui-bundle.js") && files.contains("swagger-initializer.js"), "{files:?}");
    let elsewhere = Regex::new(r#"(?i)(?:src|href|url|@import)\s*[=(:]?\s*["'(]*\s*(?:https?:)?//"#).unwrap();
    for file in &files {
        assert!(!file.contains("//"), "{file} is on another host");
        let answer = get(&server, &format!("/explorer/{file}"));
        assert_eq!(answer.status, 200, "{file}");
        if !file.contains("bundle") && !file.contains("preset") {
            assert!(!elsewhere.is_match(&text(&answer)), "{file} loads from another host");
        }
    }

    let initializer = text(&get(&server, "/explorer/swagger-initializer.js"));
    assert!(initializer.contains(r#""url": "../openapi.json""#), "{initializer}");
    assert!(initializer.contains(r#""validatorUrl": "none""#), "{initializer}");
    for missing in ["/explorer/nothing.js", "/explorer/../Cargo.toml", "/explorer/%2e%2e%2fCargo.toml"] {
        assert_eq!(get(&server, missing).status, 404, "{missing}");
    }
    // The original serves the document here.
    assert_eq!(json(&get(&server, "/explorer/openapi.json"))["servers"], json!([{ "url": ".." }]));
}

#[test]
fn a_request_has_an_id() {
    let (_database, server) = on_sqlite(&[]);
    let request = |target: &str| Request::new(server.address(), &format!("GET {target}"));

    let [first, second] = ["/ping", "/tenants"].map(|target| request(target).send().header("x-request-id").to_owned());
    assert!(uuid::Uuid::try_parse(&first).is_ok() && uuid::Uuid::try_parse(&second).is_ok(), "{first} {second}");
    assert_ne!(first, second);

    let own = request("/tenants").header("x-request-id", "from-outside-1").send();
    assert_eq!((own.status, own.header("x-request-id")), (401, "from-outside-1"));
    let line = server.log().lines().find(|line| line.contains("from-outside-1")).unwrap().to_owned();
    let line: Json = serde_json::from_str(&line).unwrap();
    assert_eq!(
        [&line["method"], &line["path"], &line["route"], &line["status"]],
        [&json!("GET"), &json!("/tenants"), &json!("/tenants"), &json!(401)]
    );
}

#[test]
fn an_id_that_is_long_or_odd_is_replaced() {
    let (_database, server) = on_sqlite(&[]);
    let sent = |id: &str| Request::new(server.address(), "GET /ping").header("x-request-id", id).send();
    let longest = "x".repeat(128);
    for plain in ["a", longest.as_str(), "AZaz09._~:/+=@-"] {
        assert_eq!(sent(plain).header("x-request-id"), plain);
    }
    let endless = "endless-".repeat(4_000);
    for odd in [
        "",
        " ",
        &endless[..129],
        endless.as_str(),
        "odd id",
        "odd\tid",
        "odd\"id",
        "odd,id",
        "<odd>",
        "odd{}",
        "odd\u{e9}",
    ] {
        let answer = sent(odd);
        let id = answer.header("x-request-id");
        assert!(uuid::Uuid::try_parse(id).is_ok(), "{odd:.20} is answered with {id}");
    }
    let log = server.log();
    assert!(log.contains(&longest) && !log.contains("odd") && !log.contains("endless-"), "{log}");
}

#[test]
fn the_log_holds_no_token_no_query_and_no_body() {
    let (_database, server) = on_sqlite(&[]);
    let token = crate::support::token::token("admin_a");
    let patch = json!({ "website": "secret-of-the-body" });
    let sent = Request::new(server.address(), "PATCH /tenants?where[name]=secret-of-the-query").bearer(&token);
    assert_eq!(sent.json(&patch).send().status, 200);
    assert_eq!(get(&server, &format!("/tenants?access_token={token}")).status, 401, "addresses end up in logs");
    // What is no route may be meant for one that has its token in the path.
    for path in [
        "/Password-Resets/",
        "/INVITATIONS/",
        "/password-resets/x/",
        "/password%2Dresets/",
        "/invitations%2F",
        "//invitations/",
    ] {
        assert_eq!(get(&server, &format!("{path}secret-of-the-path")).status, 404, "{path}");
    }
    let log = server.log();
    assert!(log.contains(r#""path":"/Password-Resets""#), "{log}");
    assert!(log.contains(r#""path":"/tenants""#), "{log}");
    for secret in
        ["secret-of-the-body", "secret-of-the-query", "secret-of-the-path", &token, token.rsplit('.').next().unwrap()]
    {
        assert!(!log.contains(secret), "the log tells {secret}");
    }
}

#[test]
fn any_origin_may_call_by_default_but_never_with_credentials() {
    let (_database, server) = on_sqlite(&[]);
    let call = Request::new(server.address(), "GET /ping").header("origin", "https://app.example").send();
    assert_eq!(call.header("access-control-allow-origin"), "*");
    assert_eq!(call.headers.get("access-control-allow-credentials"), None);
    let exposed = call.header("access-control-expose-headers");
    let mut exposed: Vec<_> = exposed.split(',').map(|name| name.trim().to_lowercase()).collect();
    exposed.sort_unstable();
    let readable = ["idempotency-replayed", "link", "retry-after", "x-request-id", "x-total-count"];
    assert_eq!(exposed, readable, "what a page can read of an answer");

    for target in ["/tenants", "/nowhere"] {
        let preflight = Request::new(server.address(), &format!("OPTIONS {target}"))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,content-type")
            .send();
        assert_eq!((preflight.status, preflight.body.len()), (204, 0), "{target}");
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        assert_eq!(preflight.header("access-control-allow-headers"), "authorization,content-type");
        let methods = preflight.header("access-control-allow-methods");
        assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
    }
}

#[test]
fn only_the_configured_origins_may_call() {
    let (_database, server) = on_sqlite(&[("CORS_ALLOWED_ORIGINS", "https://one.example, https://two.example")]);
    let allowed = |origin: &str| {
        let answer = Request::new(server.address(), "GET /ping").header("origin", origin).send();
        assert!(answer.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin")));
        assert_eq!(answer.headers.get("access-control-allow-credentials"), None);
        answer.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(allowed("https://one.example"), "https://one.example");
    assert_eq!(allowed("https://two.example"), "https://two.example");
    for other in ["https://three.example", "https://one.example.evil.example", "http://one.example", "null"] {
        assert_eq!(allowed(other), "", "{other}");
    }
}

#[test]
fn paths_and_methods_are_read_as_the_original_reads_them() {
    let (_database, server) = on_sqlite(&[]);
    let send = |line: &str| Request::new(server.address(), line).token("master_a").send();

    let count = json(&send("GET /tenants/count"));
    assert_eq!(count, json!({ "count": 3 }));
    for same in ["/tenants/count/", "//tenants//count", "/tenants/count///", "/./tenants/count"] {
        let answer = send(&format!("GET {same}"));
        if same == "/./tenants/count" {
            assert_eq!(answer.status, 404, "dots are not resolved");
        } else {
            assert_eq!((answer.status, json(&answer)), (200, count.clone()), "{same}");
        }
    }
    for line in [
        "GET /",
        "GET /Tenants",
        "GET /TENANTS/count",
        "GET /tenants/a/b/c",
        "GET /user",
        "POST /ping",
        "HEAD /ping",
        "PUT /tenants",
        "DELETE /tenants",
        "POST /tenants/count",
        "BREW /tenants",
        "POST /health/live",
        "DELETE /openapi.json",
        "HEAD /tenants",
        "HEAD /tenants/count",
        "HEAD /tenants/a0000000-0000-4000-8000-000000000001",
        "HEAD /tenants/a0000000-0000-4000-8000-000000000001/roles",
    ] {
        let answer = send(line);
        assert_eq!(answer.status, 404, "{line}");
        assert_eq!(text(&answer), if line.starts_with("HEAD") { "" } else { UNKNOWN }, "{line}");
    }
}
