//! Bounds: the length of a body, requests at once, the time of one, and the end of the process.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::on_sqlite;
use crate::callback;
use crate::program::{Running, Workplace};
use crate::replay::signature::Signature;
use crate::request::{Request, bad_refusal, json, text};
use crate::support::fixture::Database;
use crate::support::server::Server;
use crate::support::token;

/// The head of a request that creates a tenant, and its body.
fn slow_request(bearer: &str) -> [String; 2] {
    let body = json!({ "name": "Slow", "status": 1, "key": "slow" }).to_string();
    let head = format!(
        "POST /tenants HTTP/1.1\r\nhost: test\r\nconnection: close\r\nauthorization: Bearer {bearer}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head, body]
}

pub(super) fn open(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the service listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    stream
}

pub(super) fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is reset has nothing more to say.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether so many requests are at work.
pub(super) fn in_flight(server: &Server, count: usize) -> bool {
    let page = Request::new(server.address(), "GET /metrics").send();
    // This request itself is one of them.
    text(&page).contains(&format!("requests_in_flight {}\n", count + 1))
}

/// A quotation mark is no character of a URL (RFC 3986): the head is refused before a route is looked for.
#[test]
fn a_target_is_encoded() {
    let (_database, server) = on_sqlite(&[]);
    for (target, status) in [("/ping?filter={\"limit\":20}", 400), ("/ping?filter={%22limit%22:20}", 200)] {
        let mut stream = open(server.address());
        write!(stream, "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("it listens");
        let answer = rest(stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {answer}");
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    for (settings, limit) in [(&[][..], 1024 * 1024), (&[("MAX_BODY_BYTES", "1000")][..], 1000)] {
        let (_database, server) = on_sqlite(settings);
        let create = |length: usize| {
            let tenant = json!({ "name": "Long", "status": 1, "key": "long" }).to_string();
            Request::new(server.address(), "POST /tenants")
                .body((tenant.clone() + &" ".repeat(length - tenant.len())).into_bytes())
        };
        let refused = create(limit + 1).send();
        assert_eq!(refused.status, 413);
        assert_eq!(
            json(&refused),
            json!({ "error": { "statusCode": 413, "name": "PayloadTooLargeError", "message": "request entity too large" } })
        );
        assert_eq!(create(limit).send().status, 401, "a token is asked for");
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused_without_reading_it_all() {
    let (_database, server) = on_sqlite(&[]);
    let mut stream = open(server.address());
    let length = 1_u64 << 40;
    write!(
        stream,
        "POST /tenants HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"
    )
    .unwrap();
    let answer = rest(stream);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn requests_beyond_the_concurrency_limit_are_refused() {
    let (database, server) = on_sqlite(&[("CONCURRENCY_LIMIT", "1")]);
    let list = || Request::new(server.address(), "GET /tenants").token("admin_b").send();
    let Database::Sqlite(file) = &database else { panic!("it is a file") };
    let other = file.connect();
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
    let mut slow = open(server.address());
    let [head, body] = slow_request(&token::token("admin_a"));
    slow.write_all([head, body].concat().as_bytes()).unwrap();
    eventually("the request is at work", || in_flight(&server, 1));

    let refused = list();
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!(bad_refusal(&refused), None);
    // Who watches the process must not take a busy one for a dead one.
    for page in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(super::get(&server, page).status, 200, "{page}");
    }

    other.execute_batch("ROLLBACK").unwrap();
    let answer = rest(slow);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(list().status, 200);
}

/// The head of a callback that is signed for the body `{}`.
fn withheld_callback() -> String {
    let signed = Signature::default().headers("{}");
    let signed: String =
        signed.iter().filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value.as_ref()?))).collect();
    format!(
        "POST /user-callback HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{signed}content-type: application/json\r\n\
         content-length: 2\r\n\r\n"
    )
}

/// Neither strangers nor callers keep others out by sending no body.
#[test]
fn while_its_body_is_waited_for_a_request_takes_no_place() {
    let (_database, server) = on_sqlite(&[&[("CONCURRENCY_LIMIT", "4")], callback::SETTINGS].concat());
    let strange = withheld_callback();
    let mut strangers: Vec<_> = (0..4).map(|_| open(server.address())).collect();
    for stream in &mut strangers {
        stream.write_all(strange.as_bytes()).unwrap();
    }
    let mut slow = open(server.address());
    let [head, body] = slow_request(&token::token("admin_a"));
    slow.write_all(head.as_bytes()).unwrap();
    eventually("all are there", || in_flight(&server, 5));
    assert_eq!(Request::new(server.address(), "GET /tenants").token("admin_b").send().status, 200);
    slow.write_all(body.as_bytes()).unwrap();
    let answer = rest(slow);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for mut stream in strangers {
        stream.write_all(b"{}").unwrap();
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

/// Whose activity the database must tell takes room of the tenant meanwhile.
#[test]
fn a_request_whose_caller_is_looked_up_is_one_of_the_tenant() {
    let database = Database::postgres();
    let server = Server::start(&database.url(), &[("CONCURRENCY_LIMIT", "4"), ("CALLER_CACHE_MILLISECONDS", "0")]);
    database.restore();
    database.run("BEGIN; LOCK TABLE main.tenants IN ACCESS EXCLUSIVE MODE");
    let ask = |profile: &'static str| {
        let request = Request::new(server.address(), "GET /tenants").token(profile);
        thread::spawn(move || request.send())
    };
    let ours: Vec<_> = (0..3).map(|_| ask("admin_a")).collect();
    eventually("three requests are at work", || in_flight(&server, 3));
    let refused = ask("admin_a").join().expect("it is answered");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    let theirs = ask("admin_b");
    eventually("another tenant's is too", || in_flight(&server, 4));
    database.run("ROLLBACK");
    for request in ours.into_iter().chain([theirs]) {
        assert_eq!(request.join().expect("it is answered").status, 200);
    }
}

/// However many requests one tenant sends, another is answered.
#[test]
fn a_tenant_leaves_requests_to_others() {
    let (database, server) = on_sqlite(&[("CONCURRENCY_LIMIT", "4")]);
    let list = |profile: &str| Request::new(server.address(), "GET /tenants").token(profile).send();
    let Database::Sqlite(file) = &database else { panic!("it is a file") };
    let other = file.connect();
    let request = slow_request(&token::token("admin_a")).concat();
    assert_eq!(list("admin_a").status, 200, "it is known to be active from here on");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
    let mut slow: Vec<_> = (0..3).map(|_| open(server.address())).collect();
    for stream in &mut slow {
        stream.write_all(request.as_bytes()).unwrap();
    }
    // Not by asking as the tenant: the answer would have a place, and one of the three be refused for it.
    eventually("three requests are at work", || in_flight(&server, 3));
    let refused = list("admin_a");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!(bad_refusal(&refused), None);
    assert_eq!(list("admin_b").status, 200, "the last one is left");
    other.execute_batch("ROLLBACK").unwrap();
    for stream in slow {
        rest(stream);
    }
    assert_eq!(list("admin_a").status, 200);
}

#[test]
fn a_tenant_has_a_share_of_the_bodies_that_are_waited_for() {
    let (_database, server) = on_sqlite(&[("CONCURRENCY_LIMIT", "8")]);
    let send = |profile: &str| {
        let mut stream = open(server.address());
        stream.write_all(slow_request(&token::token(profile))[0].as_bytes()).unwrap();
        stream
    };
    let kept: Vec<_> = (0..2).map(|_| send("admin_a")).collect();
    eventually("two are waited for", || in_flight(&server, 2));
    let answer = rest(send("admin_a"));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let _theirs = send("admin_b");
    eventually("another tenant's is waited for", || in_flight(&server, 3));
    drop(kept);
    eventually("the two are over", || in_flight(&server, 1));
    let _again = send("admin_a");
    eventually("there is room again", || in_flight(&server, 2));
}

#[test]
fn strangers_are_few_and_keep_nobody_else_out() {
    let (_database, server) = on_sqlite(callback::SETTINGS);
    // Each is of now: a callback is good for seconds.
    let send = || {
        let mut stream = open(server.address());
        stream.write_all(withheld_callback().as_bytes()).unwrap();
        stream
    };
    let kept: Vec<_> = (0..64).map(|_| send()).collect();
    eventually("all are waited for", || in_flight(&server, 64));
    let answer = rest(send());
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(Request::new(server.address(), "GET /tenants").token("admin_a").send().status, 200);
    drop(kept);
    eventually("they are over", || in_flight(&server, 0));
    let _again = send();
    eventually("there is room again", || in_flight(&server, 1));
}

#[test]
fn a_connection_that_finishes_no_head_is_closed() {
    let (_database, server) = on_sqlite(&[("HEAD_TIMEOUT_MILLISECONDS", "200")]);
    for head in ["", "GET /ping HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = open(server.address());
        stream.write_all(head.as_bytes()).expect("the connection is open");
        // Ends only because the service closes it: the test would wait longer.
        assert!(!rest(stream).contains("200 OK"), "{head:?}");
    }
    assert_eq!(Request::new(server.address(), "GET /ping").send().status, 200);
}

/// Proxies keep connections for a minute, and send the next request on one that they think is open.
#[test]
fn a_connection_idles_longer_than_a_head_may_take() {
    let ping = "GET /ping HTTP/1.1\r\nhost: x\r\n";
    let (_database, server) = on_sqlite(&[("HEAD_TIMEOUT_MILLISECONDS", "200")]);
    let mut stream = open(server.address());
    write!(stream, "{ping}\r\n").unwrap();
    let mut byte = [0];
    assert_eq!(stream.read(&mut byte).unwrap(), 1, "it is answered");
    std::thread::sleep(Duration::from_millis(600));
    write!(stream, "{ping}connection: close\r\n\r\n").unwrap();
    assert_eq!(rest(stream).matches("TTP/1.1 200 ").count(), 2);

    let (_database, server) = on_sqlite(&[("IDLE_TIMEOUT_MILLISECONDS", "200")]);
    let mut stream = open(server.address());
    write!(stream, "{ping}\r\n").unwrap();
    assert_eq!(rest(stream).matches("HTTP/1.1 200 ").count(), 1, "answered, and then closed");
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let (_database, server) = on_sqlite(&[("MAX_CONNECTIONS", "1"), ("HEAD_TIMEOUT_MILLISECONDS", "500")]);
    let idle = open(server.address());
    // Answered once the idle connection has lost its place.
    assert_eq!(Request::new(server.address(), "GET /ping").send().status, 200);
    assert_eq!(rest(idle), "");
}

#[test]
fn a_request_that_takes_too_long_is_ended() {
    let (_database, server) = on_sqlite(&[("REQUEST_TIMEOUT_MILLISECONDS", "100")]);
    let mut slow = open(server.address());
    let [head, _] = slow_request(&token::token("admin_a"));
    slow.write_all(head.as_bytes()).unwrap();
    let answer = rest(slow);
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains("took longer than it may") && answer.contains("TOOK_TOO_LONG"), "{answer}");
    assert_eq!(Request::new(server.address(), "GET /tenants").token("admin_a").send().status, 200);
}

/// An embedded service, the way it prints a token, and a request that is at work in it.
fn at_work(workplace: &Workplace) -> (Running, TcpStream, String) {
    let running = workplace.serve(&[]);
    let bearer = workplace.ok(&["token", "--master"]);
    let mut slow = open(running.address());
    let [head, body] = slow_request(bearer.trim());
    slow.write_all(head.as_bytes()).unwrap();
    eventually("the request is at work", || {
        text(&running.request("GET /metrics").send()).contains("requests_in_flight 2\n")
    });
    (running, slow, body)
}

#[test]
fn a_request_at_work_is_finished_before_the_process_ends() {
    let workplace = Workplace::new();
    let (mut running, mut slow, body) = at_work(&workplace);
    running.signal("TERM");
    eventually("new connections are refused", || TcpStream::connect(running.address()).is_err());
    slow.write_all(body.as_bytes()).unwrap();
    let answer = rest(slow);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"Slow\""), "{answer}");
    assert_eq!(running.end().code(), Some(0));

    let again = workplace.serve(&[]);
    let bearer = workplace.ok(&["token", "--master"]);
    let count = again.request("GET /tenants/count").bearer(bearer.trim()).send();
    assert_eq!(json(&count), json!({ "count": 2 }), "what was answered is there");
}

#[test]
fn the_process_does_not_wait_for_ever() {
    let workplace = Workplace::with(&[("SHUTDOWN_GRACE_MILLISECONDS", "200")]);
    let (mut running, slow, _) = at_work(&workplace);
    let idle = open(running.address());
    running.stop();
    assert_eq!(rest(slow), "", "the answer never came");
    assert_eq!(rest(idle), "");
}
