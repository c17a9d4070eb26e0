//! Bodies: a stranger's are neither waited for nor parsed, and those of callers are bounded in number, length and what refusals say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value as Json, json};

use super::bounds::{eventually, open};
use super::on_sqlite;
use crate::authorization::operation::{self, Target};
use crate::callback::{SETTINGS, provisioning, signed};
use crate::holes::{A, ANDY_IN_A};
use crate::request::{Request, bad_refusal, json, text};
use crate::support::token;
use crate::world::{World, on_both};

const SALES: &str = "a0000000-0000-4000-8000-000000000042";

/// The head of a request with a body of that length.
fn head(line: &str, length: usize, more: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n")
}

fn bearer(profile: &str) -> String {
    format!("authorization: Bearer {}\r\n", token::token(profile))
}

/// The next answer on a connection.
fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    let length = |head: &str| {
        let lower = head.to_lowercase();
        let at = lower.find("\r\ncontent-length: ")? + "\r\ncontent-length: ".len();
        lower[at..].split("\r\n").next()?.parse::<usize>().ok()
    };
    while !read.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).expect("an answer comes"), 1, "the connection ended");
        read.push(byte[0]);
    }
    let head = String::from_utf8(read).expect("a head is text");
    let mut body = vec![0; length(&head).unwrap_or_default()];
    stream.read_exact(&mut body).expect("the answer is whole");
    head + &String::from_utf8_lossy(&body)
}

on_both!(nothing_of_a_stranger_is_parsed);
fn nothing_of_a_stranger_is_parsed(world: &World) {
    let operations = operation::all(&json(&world.request("GET /openapi.json").send()));
    for operation in operations {
        let mut request = operation.bare(world.server.address(), &[Target::Own]);
        if let Some(name) = operation.conditions {
            request = request.raw_query(name, "{");
        }
        let has_body = operation.body(Target::Own).is_some();
        let texts: &[&[u8]] = if has_body { &[b"{", b"[[[", b"{\"__proto__\":{}}", b"", b"{}"] } else { &[b""] };
        for body in texts {
            let request = request.clone().header("content-type", "application/json").body(body.to_vec());
            let forged = ["garbage", "expired", "rogue_sig", "deleted_user"].map(|one| request.clone().token(one));
            for request in [&[request][..], &forged[..]].concat() {
                let answer = request.send();
                // Whose token is in the path has no other, and the body is what it is for.
                let refused = if operation.name.contains("{token}") { 400..423 } else { 401..402 };
                assert!(refused.contains(&answer.status), "{}: {}", operation.name, text(&answer));
                assert!(!text(&answer).contains("details"), "{}: {}", operation.name, text(&answer));
            }
        }
    }
}

on_both!(with_a_token_the_body_is_looked_at_before_the_permission);
fn with_a_token_the_body_is_looked_at_before_the_permission(world: &World) {
    let create = world.request("POST /tenants").header("content-type", "application/json").token("noperm_a");
    assert_eq!(create.clone().body(b"{".to_vec()).send().status, 400);
    assert_eq!(create.clone().body(b"{}".to_vec()).send().status, 422);
    let valid = create.clone().json(&json!({ "name": "N", "status": 1, "key": "n" }));
    assert_eq!(valid.send().status, 403);
    assert_eq!(valid.raw_query("where", "{").send().status, 400, "the route knows no such parameter");
    assert_eq!(world.request("GET /tenants").raw_query("filter", "{").token("noperm_a").send().status, 400);
    assert_eq!(create.header("content-type", "text/plain").body(b"x".to_vec()).send().status, 415);
}

#[test]
fn a_stranger_is_answered_before_the_body_is_there() {
    let (_database, server) = on_sqlite(&[]);
    for more in ["", "expect: 100-continue\r\n", "authorization: Bearer garbage\r\n"] {
        let mut stream = open(server.address());
        stream.write_all(head("POST /tenants", 1_000_000, more).as_bytes()).unwrap();
        let answer = answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{more}: {answer}");
    }
    let mut stream = open(server.address());
    stream.write_all(head("POST /tenants", 2, &(bearer("admin_a") + "expect: 100-continue\r\n")).as_bytes()).unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 100 "), "a caller is asked for the body");
    stream.write_all(b"{}").unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 422 "));
}

/// A client whose token has ended must read the 401, and send the next request with a new token.
#[test]
fn a_connection_outlives_a_refused_body() {
    let (_database, server) = on_sqlite(&[]);
    let mut stream = open(server.address());
    for length in [10, 100_000, 1_000_000] {
        stream.write_all(head("POST /tenants", length, "").as_bytes()).unwrap();
        stream.write_all(&vec![b'['; length]).unwrap();
        assert!(answer(&mut stream).starts_with("HTTP/1.1 401 "), "{length}");
    }
    write!(stream, "GET /tenants HTTP/1.1\r\nhost: test\r\n{}\r\n", bearer("admin_a")).unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200 "));
}

on_both!(a_caller_who_is_removed_while_the_body_comes_is_refused);
fn a_caller_who_is_removed_while_the_body_comes_is_refused(world: &World) {
    let body = json!({ "name": "Late", "status": 1, "key": "late" }).to_string();
    let mut stream = open(world.server.address());
    let (first, rest) = body.split_at(10);
    let head = head("POST /tenants", body.len(), &(bearer("admin_a") + "expect: 100-continue\r\n"));
    stream.write_all(head.as_bytes()).unwrap();
    // The body is asked for once the caller is known.
    assert!(answer(&mut stream).starts_with("HTTP/1.1 100 "));
    stream.write_all(first.as_bytes()).unwrap();
    world.run("UPDATE main.user_tenants SET status = 2 WHERE id = 'a0000000-0000-4000-8000-000000000031'");
    stream.write_all(rest.as_bytes()).unwrap();
    let answer = answer(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("MEMBERSHIP_SUSPENDED"), "{answer}");
}

#[test]
fn bodies_at_work_together_are_bounded() {
    let (_database, server) = on_sqlite(&[("MAX_BODIES_BYTES", "100000")]);
    let tenant = |key: &str, length: usize| {
        let body = json!({ "name": "N", "status": 1, "key": key }).to_string();
        body.clone() + &" ".repeat(length.saturating_sub(body.len()))
    };
    let create = |key: &str, length: usize| {
        let request = Request::new(server.address(), "POST /tenants").token("admin_a");
        request.header("content-type", "application/json").body(tenant(key, length).into_bytes()).send()
    };
    let mut slow = open(server.address());
    let body = tenant("slow", 90_000);
    slow.write_all((head("POST /tenants", body.len(), &bearer("admin_a")) + &body[..80_000]).as_bytes()).unwrap();
    eventually("a further body is refused", || create("second", 50_000).status == 503);
    let refused = create("second", 50_000);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{}", text(&refused));
    assert_eq!(bad_refusal(&refused), None);
    assert_eq!(create("small", 1_000).status, 200, "small ones are not counted");
    slow.write_all(&body.as_bytes()[80_000..]).unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 200 "));
    // The memory is given back, and a body that takes more than all goes alone.
    for (key, length) in [("third", 90_000), ("fourth", 90_000), ("fifth", 500_000)] {
        let answer = create(key, length);
        assert_eq!(answer.status, 200, "{key}: {}", text(&answer));
    }
    let parsed = format!("[{}[]]", "[],".repeat(20_000));
    let many = Request::new(server.address(), "POST /tenants").token("admin_a").body(parsed.into_bytes());
    assert_eq!(many.send().status, 422);
    assert_eq!(create("sixth", 90_000).status, 200, "nothing is left held");
}

on_both!(long_bodies_are_answered_like_short_ones);
fn long_bodies_are_answered_like_short_ones(world: &World) {
    let spaces = " ".repeat(900_000);
    let send = |body: &str| {
        let request = world.request("POST /tenants").token("admin_a").header("content-type", "application/json");
        request.body((body.to_owned() + &spaces).into_bytes()).send()
    };
    assert_eq!(send("{").status, 400);
    assert_eq!(send("{\"__proto__\":{}}").status, 400);
    assert_eq!(send("").status, 400);
    assert_eq!(send("null").status, 400);
    let invalid = send("{}");
    assert_eq!((invalid.status, json(&invalid)["error"]["code"].as_str()), (422, Some("VALIDATION_FAILED")));
    assert_eq!(send(&json!({ "name": "Long", "status": 1, "key": "long" }).to_string()).status, 200);
}

on_both!(a_long_list_is_refused_by_its_length);
fn a_long_list_is_refused_by_its_length(world: &World) {
    let bulk = |items: Vec<Json>| {
        world.request(&format!("POST /groups/{SALES}/user/bulk")).token("admin_a").json(&items.into()).send()
    };
    let refused = bulk(vec![json!({ "userTenantId": ANDY_IN_A }); 1_001]);
    assert_eq!(refused.status, 422);
    let details = json!([{ "path": "", "code": "maxItems", "message": "must NOT have more than 1000 items", "info": { "limit": 1000 } }]);
    assert_eq!(json(&refused)["error"]["details"], details);
    let answer = bulk(vec![json!({ "userTenantId": ANDY_IN_A }); 1_000]);
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

#[test]
fn violations_are_few_and_short() {
    let (_database, server) = on_sqlite(&[]);
    let send = |line: &str, body: &str| {
        let request = Request::new(server.address(), line).token("admin_a").header("content-type", "application/json");
        let answer = request.body(body.as_bytes().to_vec()).send();
        assert_eq!((answer.status, bad_refusal(&answer)), (422, None), "{:.300}", text(&answer));
        assert!(answer.body.len() < 150_000, "{} bytes for {:.80}", answer.body.len(), body);
        json(&answer)["error"]["details"].as_array().expect("details are a list").len()
    };
    let bulk = format!("POST /groups/{SALES}/user/bulk");
    let list = |item: &str, number: usize| format!("[{}]", vec![item; number].join(","));
    assert_eq!(send(&bulk, &list("1", 1_000)), 100);
    assert_eq!(send(&bulk, &list("[]", 300_000)), 1);
    assert_eq!(send("POST /tenants", &list("[]", 300_000)), 1);
    let surplus: Vec<String> = (0..9_000).map(|n| format!("\"surplus{n}\":[]")).collect();
    assert_eq!(send("POST /tenants", &format!("{{{}}}", surplus.join(","))), 100);
    let long = "x".repeat(400_000);
    send("POST /tenants", &format!("{{\"{long}\":1,\"{long}y\":1}}"));
    // The name stands in the path of each violation.
    let configs = format!("POST /tenants/{A}/tenant-configs");
    let value = format!("{{\"{long}\":{}}}", list("\"\\u0000\"", 5_000));
    send(&configs, &format!("{{\"configKey\":\"k\",\"configValue\":{value}}}"));
}

on_both!(a_callback_is_short, SETTINGS);
fn a_callback_is_short(world: &World) {
    let secret = |length: usize| provisioning(&json!({ "authClient": { "clientId": "x".repeat(length) } }));
    assert_eq!(signed(world, &secret(20_000)).send().status, 413);
    assert_eq!(signed(world, &secret(10_000)).send().status, 422);
    let send = |body: &[u8], signature: &str, time: &str| {
        let request = world.request("POST /user-callback").header("content-type", "application/json");
        request.header("x-signature", signature).header("x-timestamp", time).body(body.to_vec()).send().status
    };
    let signature = "0".repeat(64);
    for (signature, time) in [("", ""), ("0", "1"), (signature.as_str(), ""), (&signature, "1"), (&signature, "x")] {
        assert_eq!(send(b"{", signature, time), 401, "{signature} {time}");
    }
}

/// A name as long as the body, above many values: no path is written for each, and the name is not repeated.
#[test]
fn a_long_name_above_many_values_is_not_repeated() {
    let (_database, server) = on_sqlite(&[]);
    let body = format!("{{\"{}\":[{}1]}}", "x".repeat(400_000), "1,".repeat(300_000));
    let request = Request::new(server.address(), "POST /tenants").token("admin_a");
    let answer = request.header("content-type", "application/json").body(body.into_bytes()).send();
    assert_eq!(answer.status, 422);
    assert!(answer.body.len() < 2_000, "{} bytes", answer.body.len());
}
