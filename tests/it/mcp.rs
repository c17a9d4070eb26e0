//! `mcp`: a client on standard input and output, and over HTTP, as the protocol describes it (revision 2025-11-25).

mod revisions;
mod sizes;

use std::io::{BufRead, BufReader, Lines, Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::program::Workplace;
use crate::request::{Request, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::support::token;
use crate::world::{World, on_both};

/// A client on standard input and output; the server ends with it.
struct Client {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    id: u64,
}

impl Client {
    fn start(arguments: &[&str], settings: &[(&str, &str)], directory: &std::path::Path) -> Self {
        let mut client = Self::silent(arguments, settings, directory);
        let made = client.ask("initialize", &initialization());
        assert_eq!(made["result"]["serverInfo"]["name"], "user-tenant-service", "{made}");
        assert_eq!(made["result"]["protocolVersion"], "2025-11-25");
        client.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    /// A client that has not said anything yet.
    fn silent(arguments: &[&str], settings: &[(&str, &str)], directory: &std::path::Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_user-tenant-service"))
            .arg("mcp")
            .args(arguments)
            .env_clear()
            .envs(settings.iter().copied())
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server can be started");
        let input = process.stdin.take().expect("it reads");
        let output = BufReader::new(process.stdout.take().expect("it writes")).lines();
        Self { process, input, output, id: 0 }
    }

    fn tell(&mut self, message: &Json) {
        writeln!(self.input, "{message}").expect("it reads");
    }

    /// Sends a request, and waits for its answer; nothing else may stand on standard output.
    fn ask(&mut self, method: &str, parameters: &Json) -> Json {
        self.id += 1;
        self.tell(&json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": parameters }));
        let line = self.output.next().expect("it answers").expect("the answer is text");
        let answer: Json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(answer["id"], self.id, "{answer}");
        answer
    }

    /// Calls a tool: whether it failed, its text, and what it says in structure: there, or else in the text.
    fn call(&mut self, name: &str, arguments: &Json) -> (bool, String, Json) {
        let answer = self.ask("tools/call", &json!({ "name": name, "arguments": arguments }));
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        let said = result.get("structuredContent").cloned().or_else(|| serde_json::from_str(&text).ok());
        (result["isError"] == true, text, said.unwrap_or_default())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn initialization() -> Json {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } })
}

#[test]
fn each_operation_is_a_tool_with_its_schema_and_its_kind() {
    let workplace = Workplace::new();
    let mut client = Client::start(&[], &[], workplace.path());
    let listed = client.ask("tools/list", &json!({}));
    let tools = listed["result"]["tools"].as_array().expect("a list").clone();
    let document: Json = serde_json::from_str(&workplace.ok(&["openapi"])).expect("the document is JSON");
    let operations: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    // Those that are seldom needed are found instead.
    let (_, _, seldom) = client.call("find_operations", &json!({}));
    let seldom = seldom["operations"].as_array().expect("a list").len();
    // All but the signed callback and the four that are done by a token in the path; and four that are no operations.
    assert_eq!(tools.len() + seldom, operations - 5 + 4);
    let tool = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    for (name, reads, destroys, required) in [
        ("tenant_find", true, false, json!([])),
        ("tenant_find_by_id", true, false, json!(["id"])),
        ("tenant_role_create", false, false, json!(["id", "body"])),
        ("tenant_user_patch", false, true, json!(["id", "userId", "body"])),
        ("tenant_group_delete", false, true, json!(["id", "groupId"])),
        ("microservice", false, false, json!(["name"])),
        ("explain_access", true, false, json!(["operation"])),
        ("find_operations", true, false, Json::Null),
        ("call_operation", false, true, json!(["operation"])),
    ] {
        let tool = tool(name);
        // Without a word a tool writes, by the protocol.
        assert_eq!(tool["annotations"]["readOnlyHint"].as_bool().unwrap_or(false), reads, "{name}");
        assert_eq!(tool["annotations"]["destructiveHint"].as_bool().unwrap_or(false), destroys, "{name}");
        assert_eq!(tool["inputSchema"]["required"], required, "{name}");
    }
    assert_eq!(tool("tenant_role_create")["inputSchema"]["properties"]["body"]["required"], json!(["name"]));
    // Nothing was called, so nothing was made.
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0);
}

on_both!(what_is_no_tool_of_its_own_is_found_and_called);
fn what_is_no_tool_of_its_own_is_found_and_called(world: &World) {
    let workplace = Workplace::new();
    let url = format!("http://{}", world.server.address());
    let own = "a0000000-0000-4000-8000-000000000001";
    let mut alice = Client::start(&["--url", &url, "--token", &token::token("admin_a")], &[], workplace.path());
    let names = |told: &Json| -> Vec<String> {
        let all = told["operations"].as_array().expect("a list");
        all.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    let (_, _, all) = alice.call("find_operations", &json!({}));
    assert!(names(&all).len() > 6 && all["operations"][0].get("inputSchema").is_none(), "{all}");
    let (_, _, few) = alice.call("find_operations", &json!({ "about": "Limits" }));
    assert_eq!(names(&few), ["tenant_life_limit"]);
    let body = &few["operations"][0]["inputSchema"]["properties"]["body"]["properties"];
    assert_eq!(body["maxMembers"]["type"], json!(["integer", "null"]));
    // Words that nothing is about lead to all there are.
    let (_, _, others) = alice.call("find_operations", &json!({ "about": "xyzzy" }));
    assert_eq!(names(&others), names(&all));
    // What is found is called with the rights of the token, and no others.
    let mut call = |operation: &str, arguments: Json| {
        alice.call("call_operation", &json!({ "operation": operation, "arguments": arguments }))
    };
    let (failed, told, life) = call("tenant_life_find", json!({ "id": own }));
    assert_eq!((failed, &life["body"]["status"]), (false, &json!("active")), "{told}");
    let (failed, _, refused) = call("tenant_life_suspend", json!({ "id": own }));
    assert_eq!((failed, &refused["status"], &refused["body"]["code"]), (true, &json!(403), &json!("MASTER_NEEDED")));
    let (failed, told, _) = call("tenant_life_fnd", json!({ "id": own }));
    assert!(failed && told.contains("tenant_life_fnd") && told.contains("find_operations"), "{told}");
    let (failed, told, _) = alice.call("call_operation", &json!({ "arguments": {} }));
    assert!(failed && told.contains("operation"), "{told}");
    let (failed, told, _) = alice.call("find_operations", &json!({ "word": "x" }));
    assert!(failed && told.contains("word"), "{told}");
}

on_both!(a_tool_can_do_what_its_token_can_and_no_more);
fn a_tool_can_do_what_its_token_can_and_no_more(world: &World) {
    let workplace = Workplace::new();
    let url = format!("http://{}", world.server.address());
    let own = "a0000000-0000-4000-8000-000000000001";
    let foreign = "b0000000-0000-4000-8000-000000000001";
    let mut alice = Client::start(&["--url", &url, "--token", &token::token("admin_a")], &[], workplace.path());
    let before = world.database.tables();

    let (failed, told, listed) = alice.call("tenant_find", &json!({ "filter": { "fields": ["key"] } }));
    let expected = json!({ "status": 200, "total": 1, "body": [{ "key": "tenant-a" }] });
    assert_eq!((failed, &listed), (false, &expected), "{told}");
    let (failed, _, refused) = alice.call("tenant_role_find", &json!({ "id": foreign }));
    assert_eq!((failed, &refused["status"]), (true, &json!(403)));
    let (failed, _, refused) = alice.call("tenant_find_by_id", &json!({ "id": foreign }));
    assert_eq!((failed, &refused["status"]), (true, &json!(404)));
    let (failed, _, refused) = alice.call("tenant_role_create", &json!({ "id": own, "body": { "wrong": 1 } }));
    assert_eq!((failed, &refused["body"]["error"]["code"]), (true, &json!("VALIDATION_FAILED")));
    for (arguments, word) in [
        (json!({}), "id"),
        (json!({ "id": 1 }), "id"),
        (json!({ "id": own, "surplus": 1 }), "surplus"),
        (json!({ "id": "../tenants" }), "status"),
    ] {
        let (failed, told, _) = alice.call("tenant_role_find", &arguments);
        assert!(failed && told.contains(word), "{arguments}: {told}");
    }
    assert_eq!(world.database.tables(), before, "who is refused changes nothing");
    let (failed, told, made) = alice.call("tenant_role_create", &json!({ "id": own, "body": { "name": "by MCP" } }));
    assert_eq!((failed, &made["body"]["name"]), (false, &json!("by MCP")), "{told}");

    // Why, before one tries.
    let mut explain = |question: Json| alice.call("explain_access", &question);
    let (_, _, why) = explain(json!({ "operation": "tenant_role_find", "id": foreign }));
    assert_eq!((&why["wouldPass"], why["checks"].as_array().unwrap().len()), (&json!(false), 4), "{why}");
    let token = token::token("only:ViewTenant");
    let (_, _, why) = explain(json!({ "operation": "tenant_role_find", "id": own, "token": token }));
    assert!(why["checks"][2]["why"].as_str().unwrap().contains("ViewRoles"), "{why}");
    let (_, _, why) = explain(json!({ "operation": "tenant_role_find", "id": own }));
    assert_eq!(why["wouldPass"], true, "{why}");
    let (_, _, why) = explain(json!({ "operation": "tenant_find" }));
    assert_eq!(why["wouldPass"], true, "no id decides: {why}");
    // Whoever writes must hold it in the database too.
    let power = |why: &Json| why["checks"][3]["why"].as_str().unwrap_or_default().to_owned();
    let (_, _, why) = explain(json!({ "operation": "tenant_role_create", "id": own }));
    assert!(power(&why).contains("CreateRoles is granted by the role"), "{why}");
    world.run(
        "INSERT INTO main.group_roles (id, group_id, role_id) SELECT r.id, g.id, r.id FROM main.groups AS g
             JOIN main.roles AS r ON r.tenant_id = g.tenant_id WHERE g.name = 'engineers' AND r.name = 'admin'",
    );
    let (_, _, why) = explain(json!({ "operation": "tenant_role_create", "id": own }));
    assert!(power(&why).contains("CreateRoles is granted by the role, and is granted by a group"), "{why}");
    // Whose group it is, only the service knows; whose preferences, the token says.
    let (_, _, why) = explain(json!({ "operation": "group_user_find", "id": foreign }));
    assert_eq!((&why["wouldPass"], &why["checks"][3]["passes"]), (&Json::Null, &Json::Null), "{why}");
    let (_, _, why) = explain(json!({ "operation": "tenant_role_find", "id": "garbage" }));
    assert_eq!(why["wouldPass"], false, "{why}");
    // What only the service knows of a token, it is asked for.
    let forged = format!("{}AAAA", token.trim_end_matches(|letter| letter != '.'));
    let (_, _, why) = explain(json!({ "operation": "tenant_find", "token": forged }));
    assert_eq!((&why["wouldPass"], &why["checks"][0]["passes"]), (&json!(false), &json!(false)), "{why}");
    assert!(why["checks"][0]["why"].as_str().unwrap().contains("401 TokenExpired"), "{why}");
    let (_, _, why) = explain(json!({ "operation": "tenant_find", "token": "opaque" }));
    assert_eq!(why["wouldPass"], false, "this service takes no such token: {why}");
    for (question, word) in [
        (json!({ "operation": "tenant_role_find" }), "/tenants/{id}/roles"),
        (json!({ "operation": "tenant_role_find", "tenantId": own }), "tenantId"),
        (json!({ "operation": "brew" }), "brew"),
        (json!({}), "operation"),
    ] {
        let (failed, told, _) = explain(question);
        assert!(failed && told.contains(word), "{word}: {told}");
    }

    // Page by page.
    let mut names = Vec::new();
    let mut cursor = Json::Null;
    loop {
        let filter = json!({ "limit": 2, "order": ["name"], "fields": ["id", "name"] });
        let (_, _, page) = alice.call("tenant_role_find", &json!({ "id": own, "filter": filter, "cursor": cursor }));
        names.extend(page["body"].as_array().unwrap().iter().map(|role| role["name"].clone()));
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let (_, _, whole) = alice.call("tenant_role_find", &json!({ "id": own, "filter": { "order": ["name"] } }));
    let whole: Vec<Json> = whole["body"].as_array().unwrap().iter().map(|role| role["name"].clone()).collect();
    assert!(whole.len() > 2);
    assert_eq!(names, whole);

    let none = if matches!(world.database, Database::Postgres(_)) { "'{}'" } else { "'[]'" };
    world.run(&format!("UPDATE main.roles SET permissions = {none}"));
    let (_, _, why) = alice.call("explain_access", &json!({ "operation": "tenant_role_create", "id": own }));
    assert_eq!(why["wouldPass"], false, "{why}");
    assert!(power(&why).contains("in the database now: nothing grants one"), "{why}");

    let mut nobody = Client::start(&["--url", &url], &[], workplace.path());
    let (failed, _, refused) = nobody.call("tenant_find", &json!({}));
    assert_eq!((failed, &refused["status"]), (true, &json!(401)));
}

#[test]
fn the_configured_database_is_opened_when_it_is_asked_for() {
    let workplace = Workplace::new();
    let mut early = Client::start(&[], &[], workplace.path());
    for (tool, arguments) in [("tenant_find", json!({})), ("explain_access", json!({ "operation": "tenant_find" }))] {
        let (failed, told, _) = early.call(tool, &arguments);
        assert!(failed && told.contains("bootstrap"), "{tool}: {told}");
    }
    workplace.ok(&["bootstrap"]);
    let (failed, told, found) = early.call("tenant_find", &json!({}));
    assert_eq!((failed, &found["body"][0]["key"]), (false, &json!("default")), "it is tried again: {told}");
    let (_, text, _) = early.call("tenant_count", &json!({ "where": { "key": "default" } }));
    assert_eq!(text, r#"{"status":200,"body":{"count":1}}"#);
}

/// What was written is in the file then, and a copy of it is whole.
#[test]
fn told_to_stop_it_closes_the_database() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    for signal in ["TERM", "INT"] {
        let mut client = Client::start(&[], &[], workplace.path());
        let (failed, told, _) = client.call("tenant_count", &json!({}));
        assert!(!failed, "{told}");
        let key = signal.to_lowercase();
        let (failed, told, _) =
            client.call("tenant_create", &json!({ "body": { "name": "New", "key": key, "status": 1 } }));
        assert!(!failed, "{told}");
        let told = Command::new("kill").args(["-s", signal, &client.process.id().to_string()]).status();
        assert!(told.expect("a signal can be sent").success());
        let ended = client.process.wait().expect("it ends, though its input stays open");
        assert!(ended.success(), "{ended}");
        let beside = workplace.path().join("data/user-tenant.db-wal");
        assert!(!beside.exists(), "{signal}: not all is in the one file");
    }
}

#[test]
fn the_scaffold_takes_what_the_originals_tool_takes() {
    let workplace = Workplace::new();
    let mut client = Client::start(&[], &[], workplace.path());
    let whole = json!({
        "name": "madeByMcp", "baseOnService": true, "baseService": "user-tenant-service", "datasourceName": "userdb",
        "datasourceType": "postgres", "includeMigrations": true, "workingDir": workplace.path(), "source": "0.1",
    });
    let with = |change: Json| {
        let mut arguments = whole.clone();
        arguments.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        arguments
    };
    for (arguments, word) in [
        (with(json!({ "customMigrations": true })), "--customMigrations"),
        (with(json!({ "facade": true })), "--facade"),
        (with(json!({ "baseOnService": false })), "--baseService needs --baseOnService"),
        (with(json!({ "baseService": "chat-service" })), "chat-service is not offered"),
        (with(json!({ "datasourceType": "mysql" })), "mysql"),
        (with(json!({ "workingDir": "/nowhere/at/all" })), "workingDir"),
        (with(json!({ "surplus": 1 })), "surplus"),
        (with(json!({ "source": "--config=evil" })), "--source"),
        (with(json!({ "source": "https://evil.example/x\"\n[patch.crates-io]" })), "--source"),
        (with(json!({ "source": "http://example.com/users.git" })), "--source"),
        (json!({ "name": "incomplete", "baseOnService": true }), "missing: baseService"),
    ] {
        let (failed, told, _) = client.call("microservice", &arguments);
        assert!(failed && told.starts_with("Error executing command: ") && told.contains(word), "{word}: {told}");
    }
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0, "nothing is left of them");
    // Under the original's name too, which has a capital letter.
    let (failed, told, made) = client.call("Microservice", &whole);
    assert!(!failed && told.starts_with("Command executed successfully!"), "{told}");
    assert_eq!(made["name"], "made-by-mcp");
    assert_eq!(made["dependsOn"], "{ version = \"0.1\" }");
    assert!(told.contains("Note: it depends on version 0.1"), "{told}");
    let manifest = workplace.path().join("made-by-mcp/Cargo.toml");
    assert!(std::fs::read_to_string(manifest).expect("it is written").contains("version = \"0.1\""));
    let (failed, told, _) = client.call("microservice", &whole);
    assert!(failed && told.contains("is there already"), "{told}");
}

#[test]
fn documents_can_be_read() {
    let workplace = Workplace::new();
    let mut client = Client::start(&[], &[], workplace.path());
    let listed = client.ask("resources/list", &json!({}));
    for resource in listed["result"]["resources"].as_array().expect("a list") {
        let read = client.ask("resources/read", &json!({ "uri": resource["uri"] }));
        let contents = &read["result"]["contents"][0];
        assert_eq!(contents["mimeType"], resource["mimeType"], "{read}");
        assert!(contents["text"].as_str().expect("it is text").len() > 1000, "{read}");
    }
    let missing = client.ask("resources/read", &json!({ "uri": "user-tenant-service://nothing" }));
    assert!(missing["error"]["message"].as_str().unwrap().contains("nothing"), "{missing}");
    let unknown = client.ask("tools/call", &json!({ "name": "nothing", "arguments": {} }));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("nothing"), "{unknown}");
}

/// Starts the server over HTTP; where it listens.
fn serve_http(workplace: &Workplace, settings: &[(&str, &str)]) -> (Child, SocketAddr) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_user-tenant-service"))
        .args(["mcp", "--http", "127.0.0.1:0", "--http-token", "of-this-test"])
        .env_clear()
        .envs(settings.iter().copied())
        .current_dir(workplace.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server can be started");
    let mut lines = BufReader::new(process.stderr.take().expect("it says where it listens")).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains("listening on"))).expect("it listens");
    let address = line.rsplit("//").next().unwrap().trim_end_matches("/mcp").parse().expect("an address");
    // What it says later is read and thrown away, so that it never waits.
    std::thread::spawn(move || lines.for_each(drop));
    (process, address)
}

/// Begins a session.
fn begin(address: SocketAddr, headers: &[(&str, &str)]) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialization() });
    let request =
        Request::new(address, "POST /mcp").json(&message).header("accept", "application/json, text/event-stream");
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[test]
fn over_http_a_token_and_a_host_are_asked_for_and_no_page_gets_in() {
    let workplace = Workplace::new();
    let (mut server, address) = serve_http(&workplace, &[]);
    let post = |headers: &[(&str, &str)]| begin(address, headers);
    let bearer = ("authorization", "Bearer of-this-test");
    assert_eq!(post(&[]).status, 401);
    assert_eq!(post(&[("authorization", "Bearer guessed")]).status, 401);
    assert_eq!(post(&[bearer, ("origin", "https://evil.example")]).status, 403);
    assert_eq!(post(&[bearer, ("host", "evil.example")]).status, 403);
    let made = post(&[bearer]);
    assert_eq!(made.status, 200, "{}", text(&made));
    assert!(text(&made).contains("user-tenant-service"), "{}", text(&made));
    assert!(!made.header("mcp-session-id").is_empty());
    assert_eq!(Request::new(address, "GET /tenants").send().status, 401, "it is no service");
    server.kill().expect("it can be stopped");
    server.wait().expect("it ends");
}

#[test]
fn over_http_heads_and_sessions_are_bounded() {
    let workplace = Workplace::new();
    let (mut server, address) = serve_http(&workplace, &[("HEAD_TIMEOUT_MILLISECONDS", "1000")]);
    let mut unfinished = TcpStream::connect(address).expect("it listens");
    unfinished.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    unfinished.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\n").expect("it reads");
    // Ends only because the server closes it: the test would wait longer.
    let mut answer = Vec::new();
    assert!(unfinished.read_to_end(&mut answer).is_ok() && !answer.starts_with(b"HTTP/1.1 2"), "{answer:?}");

    let bearer = [("authorization", "Bearer of-this-test")];
    let first = begin(address, &bearer);
    let session = first.header("mcp-session-id").to_owned();
    let refused = (0..1_000).map(|_| begin(address, &bearer)).find(|answer| answer.status != 200).expect("a bound");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "60"));
    // Who has a session goes on.
    let going = Request::new(address, "POST /mcp")
        .json(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .header("accept", "application/json, text/event-stream")
        .header("authorization", bearer[0].1)
        .header("mcp-session-id", &session)
        .send();
    assert_eq!(going.status, 202, "{}", text(&going));
    server.kill().expect("it can be stopped");
    server.wait().expect("it ends");
}
