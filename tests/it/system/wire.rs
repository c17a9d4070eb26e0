//! Bytes that are no HTTP, or hardly: the connection may end, the service answers no 5xx and goes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::on_sqlite;
use crate::support::token;

/// What is sent, and the beginning of what may come back; an empty one is a closed connection.
const EXCHANGES: &[(&[u8], &[&str])] = &[
    (b"nonsense\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/9.9\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /pi ng HTTP/1.1\r\nhost: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /tenants/\x00 HTTP/1.1\r\nhost: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /tenants/\xff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 400 ", "HTTP/1.1 401 "]),
    (b"GET ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 400 ", "HTTP/1.1 404 "]),
    (b"GET * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 400 ", "HTTP/1.1 404 "]),
    (b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 204 "]),
    (b"CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\nconnection: close\r\n\r\n", &["HTTP/1.1 400 ", "HTTP/1.1 404 "]),
    (b"GET http://elsewhere.example/ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET http://elsewhere.example HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 404 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nna me: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nname: \x00\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nx-request-id: \xff\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nHOST: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET http://x/ping HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /nowhere HTTP/1.1\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET http://x/ping HTTP/1.1\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x y\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x/y\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: user@x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: \xff\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET /ping HTTP/1.1\r\nhost: my_host.example:80\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET /ping HTTP/1.1\r\nhost: [::1]:80\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x:99999999\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: [::1]:65536\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x:http\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x:\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 "]),
    (b"GET http://user:pw@host/ping HTTP/1.1\r\nhost: host\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET http://@host/ping HTTP/1.1\r\nhost: host\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET http://host:65536/ping HTTP/1.1\r\nhost: host\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.0\r\n\r\n", &["HTTP/1.0 200 ", "HTTP/1.1 200 "]),
    (b"GET /ping HTTP/1.0\r\nhost: x\r\nhost: x\r\n\r\n", &["HTTP/1.0 400 ", "HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", &["", "HTTP/1.1 401 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: rot13\r\n\r\nx", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, x\r\n\r\n0\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: x, chunked\r\n\r\n0\r\n\r\n", &["HTTP/1.1 501 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip,chunked\r\n\r\n0\r\n\r\n", &["HTTP/1.1 501 "]),
    (b"GET /ping HTTP/1.1\r\nhost: x\r\ntransfer-encoding: identity, Chunked\r\n\r\n0\r\n\r\n", &["HTTP/1.1 501 "]),
    (
        b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        &["HTTP/1.1 501 "],
    ),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", &["HTTP/1.1 400 "]),
    (
        b"GET /ping HTTP/1.1\r\nhost: x\r\ntransfer-encoding: Chunked\r\nconnection: close\r\n\r\n0\r\n\r\n",
        &["HTTP/1.1 200 "],
    ),
];

/// Bodies with two lengths, each followed by another request, which the wrong one would take for a part of the body.
const AMBIGUOUS: &[&str] = &[
    "POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\n\r\n\
      0\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n",
    "POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 40\r\n\r\n\
      0\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n",
];

/// Requests whose sender hangs up before they are whole.
const TORN: &[(&[u8], &[&str])] = &[
    (b"\r\n\r\n", &["", "HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{", &["", "HTTP/1.1 401 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", &["", "HTTP/1.1 401 "]),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &["", "HTTP/1.1 400 "]),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &["", "HTTP/1.1 400 "]),
];

fn exchange(address: SocketAddr, sent: &[u8], hang_up: bool) -> String {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
    // The service may hang up before it has read everything.
    let _ = stream.write_all(sent);
    if hang_up {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_is_no_http_hurts_nobody() {
    let (_database, server) = on_sqlite(&[]);
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000)).into_bytes();
    let wide = format!("GET /ping HTTP/1.1\r\nhost: x\r\nname: {}\r\n\r\n", "x".repeat(1_000_000)).into_bytes();
    let many = format!("GET /ping HTTP/1.1\r\nhost: x\r\n{}\r\n", "name: x\r\n".repeat(1_000)).into_bytes();
    let refused: &[&str] = &["", "HTTP/1.1 414 ", "HTTP/1.1 431 "];
    let beyond = [(long.as_slice(), refused), (wide.as_slice(), refused), (many.as_slice(), refused)];
    let whole = EXCHANGES.iter().copied().chain(beyond).map(|exchange| (exchange, false));
    let torn = TORN.iter().copied().map(|exchange| (exchange, true));
    for ((sent, expected), hang_up) in whole.chain(torn) {
        let answer = exchange(server.address(), sent, hang_up);
        let fits =
            expected.iter().any(|start| if start.is_empty() { answer.is_empty() } else { answer.starts_with(start) });
        assert!(fits, "{:.80}: {answer:.300}", String::from_utf8_lossy(sent));
        assert_eq!(super::get(&server, "/ping").status, 200, "after {:.80}", String::from_utf8_lossy(sent));
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// The chunks alone count, and the connection ends behind them, as RFC 9112, section 6.1, has it.
#[test]
fn of_two_lengths_of_a_body_the_chunks_count_and_nothing_follows() {
    let (_database, server) = on_sqlite(&[]);
    let authorization = format!("host: x\r\nauthorization: Bearer {}\r\n", token::token("admin_a"));
    for sent in AMBIGUOUS {
        let sent = sent.replacen("host: x\r\n", &authorization, 1);
        let answer = exchange(server.address(), sent.as_bytes(), false);
        assert!(answer.contains("Request body is required"), "the length was believed: {answer:.300}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer:.300}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "what follows is answered: {answer:.300}");
    }
}

#[test]
fn what_is_no_message_is_refused_in_the_envelope() {
    let (_database, server) = on_sqlite(&[]);
    for (sent, status, name) in [
        ("GET /ping HTTP/1.1\r\n\r\n", 400, "BadRequestError"),
        ("GET /ping HTTP/1.1\r\nhost: x:99999999\r\n\r\n", 400, "BadRequestError"),
        ("GET http://user:pw@host/ping HTTP/1.1\r\nhost: host\r\n\r\n", 400, "BadRequestError"),
        ("POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: x, chunked\r\n\r\n", 501, "NotImplementedError"),
    ] {
        let answer = exchange(server.address(), sent.as_bytes(), false);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains("\r\nconnection: close"), "{head}");
        let error: serde_json::Value = serde_json::from_str(body).expect("an envelope");
        assert_eq!((&error["error"]["statusCode"], &error["error"]["name"]), (&status.into(), &name.into()));
    }
}

#[test]
fn an_unfinished_head_is_kept_up_to_a_bound() {
    for (settings, bound) in [(&[][..], 32_768), (&[("MAX_HEAD_BYTES", "8192")][..], 8_192)] {
        let (_database, server) = on_sqlite(settings);
        let head = |length: usize| {
            let head = "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\nname: ";
            format!("{head}{}", "x".repeat(length - head.len()))
        };
        // Refused before it ends.
        let refused = exchange(server.address(), head(bound).as_bytes(), false);
        assert!(refused.starts_with("HTTP/1.1 431 "), "{refused:.300}");
        // In one piece, its end and all.
        let whole = exchange(server.address(), format!("{}\r\n\r\n", head(bound + 4_000)).as_bytes(), false);
        assert!(whole.starts_with("HTTP/1.1 431 "), "{whole:.300}");
        let answered = exchange(server.address(), format!("{}\r\n\r\n", head(bound - 100)).as_bytes(), false);
        assert!(answered.starts_with("HTTP/1.1 200 "), "{answered:.300}");
    }
}
