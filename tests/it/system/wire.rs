//! Bytes that are no HTTP, or hardly: the connection may end, the service answers no 5xx and goes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::on_sqlite;

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
    (b"GET /ping HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: close\r\n\r\n", &["HTTP/1.1 200 ", "HTTP/1.1 400 "]),
    (b"GET /ping HTTP/1.0\r\n\r\n", &["HTTP/1.0 200 ", "HTTP/1.1 200 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n", &["HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", &["", "HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: rot13\r\n\r\nx", &["HTTP/1.1 400 "]),
];

/// Requests whose sender hangs up before they are whole.
const TORN: &[(&[u8], &[&str])] = &[
    (b"\r\n\r\n", &["", "HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{", &["", "HTTP/1.1 400 "]),
    (b"POST /tenants HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", &["", "HTTP/1.1 400 "]),
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
