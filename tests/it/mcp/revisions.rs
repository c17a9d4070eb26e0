//! Both kinds of the protocol by one server: with a handshake, up to 2025-11-25, and without one, 2026-07-28.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::{Client, begin, initialization, serve_http};
use crate::program::Workplace;
use crate::request::{Request, text};
use crate::support::http::Answer;

/// What each request says of itself, where there is no handshake.
fn with_meta(mut parameters: Json) -> Json {
    parameters["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    parameters
}

#[test]
fn any_request_may_be_the_first_and_no_database_is_opened_for_it() {
    let workplace = Workplace::new();
    // Nobody answers there; a client waits ten seconds.
    let unreachable = [("DATABASE_URL", "postgres://nobody@192.0.2.1:5432/nothing")];
    for settings in [&[][..], &unreachable[..]] {
        let mut client = Client::silent(&[], settings, workplace.path());
        let found = client.ask("server/discover", &with_meta(json!({})));
        let versions = found["result"]["supportedVersions"].as_array().expect("versions");
        for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] {
            assert!(versions.contains(&json!(version)), "{version}: {found}");
        }
        let named = &found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(named["name"], "user-tenant-service", "{found}");
        // The same process goes on with a handshake.
        let made = client.ask("initialize", &initialization());
        assert_eq!(made["result"]["serverInfo"]["name"], "user-tenant-service", "{made}");

        let mut client = Client::silent(&[], settings, workplace.path());
        let listed = client.ask("tools/list", &with_meta(json!({})));
        assert!(listed["result"]["tools"].as_array().is_some_and(|tools| tools.len() > 40), "{listed}");
        let mut client = Client::silent(&[], settings, workplace.path());
        let call = with_meta(json!({ "name": "nothing", "arguments": {} }));
        assert_eq!(client.ask("tools/call", &call)["error"]["code"], -32602);
    }
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0, "nothing is made");
}

#[test]
fn a_server_that_was_only_tried_ends_in_silence() {
    let workplace = Workplace::new();
    for _ in 0..2 {
        let ended = Command::new(env!("CARGO_BIN_EXE_user-tenant-service"))
            .arg("mcp")
            .env_clear()
            .current_dir(workplace.path())
            .stdin(Stdio::null())
            .output()
            .expect("the server can be started");
        assert!(ended.status.success() && ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended:?}");
    }
}

/// Posts a message with these headers, of the revision without a handshake.
fn post(address: SocketAddr, message: &Json, accept: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::new(address, "POST /mcp")
        .json(message)
        .header("authorization", "Bearer of-this-test")
        .header("accept", accept)
        .header("mcp-protocol-version", "2026-07-28");
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

fn message(method: &str, parameters: Json) -> Json {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": with_meta(parameters) })
}

#[test]
fn over_http_there_is_no_handshake_and_clients_take_what_they_say() {
    let workplace = Workplace::new();
    let (mut server, address) = serve_http(&workplace, &[]);
    let list = message("tools/list", json!({}));
    for accept in ["application/json, text/event-stream", "*/*", "application/json", "application/*, text/*;q=0.5"] {
        let answer = post(address, &list, accept, &[("mcp-method", "tools/list")]);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{accept}");
        let listed: Json = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(listed["result"]["tools"].as_array().is_some_and(|tools| tools.len() > 40), "{listed}");
        assert_eq!(answer.header("mcp-session-id"), "");
    }
    for accept in ["text/html", "application/json;q=0"] {
        assert_eq!(post(address, &list, accept, &[("mcp-method", "tools/list")]).status, 406, "{accept}");
    }
    let found = post(address, &message("server/discover", json!({})), "*/*", &[("mcp-method", "server/discover")]);
    assert!(text(&found).contains(r#""name":"user-tenant-service""#), "{}", text(&found));
    let call = message("tools/call", json!({ "name": "nothing", "arguments": null }));
    let unknown = post(address, &call, "*/*", &[("mcp-method", "tools/call"), ("mcp-name", "nothing")]);
    assert!(text(&unknown).contains("-32602"), "{}: {}", unknown.status, text(&unknown));
    for headers in [&[][..], &[("mcp-method", "tools/list")][..], &[("mcp-method", "tools/call")][..]] {
        let refused = post(address, &call, "*/*", headers);
        assert_eq!(refused.status, 400, "{headers:?}");
        assert!(text(&refused).contains("-32020"), "{headers:?}: {}", text(&refused));
    }
    server.kill().expect("it can be stopped");
    server.wait().expect("it ends");
}

#[test]
fn over_http_sessions_are_for_clients_with_a_handshake_however_many_there_are() {
    let workplace = Workplace::new();
    let (mut server, address) = serve_http(&workplace, &[]);
    let bearer = ("authorization", "Bearer of-this-test");
    for (accept, kind) in [("*/*", "text/event-stream"), ("application/json", "application/json")] {
        let begun = begin(address, &[bearer, ("accept", accept)]);
        assert_eq!((begun.status, begun.header("content-type")), (200, kind), "{}", text(&begun));
        let session = begun.header("mcp-session-id").to_owned();
        let going =
            |line: &str| Request::new(address, line).header(bearer.0, bearer.1).header("mcp-session-id", &session);
        let told = going("POST /mcp").header("accept", accept);
        let told = told.json(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).send();
        assert_eq!(told.status, 202, "{}", text(&told));
        let listed = going("POST /mcp").header("accept", accept);
        let listed = listed.json(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" })).send();
        assert_eq!((listed.status, listed.header("content-type")), (200, kind), "{}", text(&listed));
        if kind == "application/json" {
            let listed: Json = serde_json::from_slice(&listed.body).expect("JSON");
            assert_eq!(listed["id"], 2);
        }
        assert_eq!(going("DELETE /mcp").send().status, 204);
        let gone = going("POST /mcp").json(&json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list" })).send();
        assert_eq!(gone.status, 404, "{}", text(&gone));
    }
    (0..1_000).map(|_| begin(address, &[bearer])).find(|answer| answer.status == 503).expect("a bound");
    // Whoever needs no session is served; whoever says so and begins one is not.
    let list = message("tools/list", json!({}));
    assert_eq!(post(address, &list, "*/*", &[("mcp-method", "tools/list")]).status, 200);
    let first = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialization() });
    assert_eq!(post(address, &first, "*/*", &[]).status, 503);
    server.kill().expect("it can be stopped");
    server.wait().expect("it ends");
}
