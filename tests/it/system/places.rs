//! Places for connections: who does not read loses theirs, one address does not have all, and operators keep some.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::TcpSocket;

use super::bounds::{eventually, open, rest};
use super::{get, on_sqlite};
use crate::program::Workplace;
use crate::request::{Request, text};
use crate::support::runtime;

/// More answers than the buffers of two sockets hold.
const MANY: usize = 2_000;

/// A connection from another address of this machine.
fn open_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let connect = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((IpAddr::from(source), 0).into())?;
        socket.connect(address).await?.into_std()
    };
    let stream = runtime().block_on(connect).expect("the service listens");
    stream.set_nonblocking(false).expect("it can wait");
    stream
}

/// A connection with many requests, whose client reads no answer.
fn unread(address: SocketAddr) -> TcpStream {
    let mut stream = open(address);
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(MANY);
    // The service may take no more of them than it answers.
    stream.set_nonblocking(true).expect("it need not wait");
    let _ = stream.write(requests.as_bytes()).expect("some are sent");
    stream.set_nonblocking(false).expect("it can wait");
    stream
}

#[test]
fn who_reads_no_answer_loses_their_place() {
    let (_database, server) =
        on_sqlite(&[("MAX_CONNECTIONS", "1"), ("WRITE_TIMEOUT_MILLISECONDS", "300"), ("LOG_LEVEL", "debug")]);
    let unread = unread(server.address());
    // Answered once the other connection has lost its place.
    let metrics = text(&get(&server, "/metrics"));
    let answered = r#"requests_total{method="GET",route="/openapi.json",status="200"} "#;
    let answered = metrics.lines().find_map(|line| line.split_once(answered)).expect("some are answered").1;
    assert!(answered.parse::<u32>().unwrap() < 8, "{answered} answers wait in memory for who reads none");
    assert!(metrics.contains("connections_ended_total{bound=\"write_timeout\"} 1\n"), "{metrics}");
    drop(unread);
}

#[test]
fn who_reads_slowly_is_answered_to_the_end() {
    let (_database, server) = on_sqlite(&[("WRITE_TIMEOUT_MILLISECONDS", "2000")]);
    let mut slow = open(server.address());
    let requests = 20;
    let close = "GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let sent = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(requests - 1) + close;
    slow.write_all(sent.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut part = vec![0; 1 << 20];
    while let Ok(length @ 1..) = slow.read(&mut part) {
        answer.extend_from_slice(&part[..length]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(String::from_utf8_lossy(&answer).matches("HTTP/1.1 200 OK").count(), requests);
}

#[test]
fn one_address_does_not_have_all_places() {
    let (_database, server) = on_sqlite(&[("MAX_CONNECTIONS_PER_ADDRESS", "2")]);
    // What came before, to see whether the service is ready, has given its place back.
    eventually("both places are free", || {
        let both = [open(server.address()), open(server.address())];
        both.into_iter().all(|mut stream| {
            write!(stream, "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").is_ok()
                && rest(stream).starts_with("HTTP/1.1 200 ")
        })
    });
    let kept = [open(server.address()), open(server.address())];
    eventually("a third connection is closed at once", || {
        let mut third = open(server.address());
        let _ = write!(third, "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        rest(third).is_empty()
    });
    let mut other = open_from([127, 0, 0, 2], server.address());
    write!(other, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let answer = rest(other);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("connections_ended_total{bound=\"address_limit\"} "), "{answer}");
    drop(kept);
    eventually("places that were given back can be had again", || {
        let mut again = open(server.address());
        let _ = write!(again, "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        rest(again).starts_with("HTTP/1.1 200 ")
    });
}

#[test]
fn a_trusted_proxy_has_the_connections_of_all_its_clients_and_names_them() {
    let trust = [("TRUSTED_PROXIES", "127.0.0.2"), ("MAX_CONNECTIONS_PER_ADDRESS", "1"), ("LOG_FORMAT", "json")];
    let workplace = Workplace::with(&trust);
    let server = workplace.start(&[]);
    let mut connections: Vec<_> = (0..3).map(|_| open_from([127, 0, 0, 2], server.address())).collect();
    let ask = |connection: &mut TcpStream, path: &str| {
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.7\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).unwrap();
    };
    for (connection, path) in connections.iter_mut().zip(["/one", "/two", "/three"]) {
        ask(connection, path);
    }
    for connection in connections {
        assert!(rest(connection).starts_with("HTTP/1.1 404 "), "each connection of the proxy has a place");
    }
    let mut stranger = open_from([127, 0, 0, 3], server.address());
    ask(&mut stranger, "/four");
    rest(stranger);
    for (path, client) in [("/one", "203.0.113.7"), ("/three", "203.0.113.7"), ("/four", "127.0.0.3")] {
        eventually("the line of the request tells its client", || {
            let [_, log] = server.printed();
            let mut lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            lines.any(|line| line["path"] == path && line["client"] == client)
        });
    }
}

#[test]
fn operators_keep_places_when_clients_have_all_others() {
    let workplace =
        Workplace::with(&[("ADMIN_PORT", "0"), ("MAX_CONNECTIONS", "3"), ("MAX_CONNECTIONS_PER_ADDRESS", "0")]);
    let running = workplace.start(&[]);
    eventually("it says where operators look", || running.printed()[0].contains("Operators http://"));
    let [stdout, _] = running.printed();
    let operators = stdout.split_once("Operators http://").unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    let kept: Vec<TcpStream> = (0..3).map(|_| unread(running.address())).collect();
    let mut shut_out = open(running.address());
    write!(shut_out, "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").expect("the connection waits for a place");
    shut_out.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout can be set");
    assert!(shut_out.read(&mut [0]).is_err(), "clients have all places of the other listener");
    for page in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(Request::new(operators, &format!("GET {page}")).send().status, 200, "{page}");
    }
    drop(kept);
}
