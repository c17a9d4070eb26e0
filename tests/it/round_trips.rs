//! How often a request of the service waits for `PostgreSQL`: what is asked together travels together.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hyper::Uri;
use serde_json::{Value as Json, json};

use crate::authorization::IDLE;
use crate::holes::{A, ALICE, AMY_IN_A, ANDY, MEMBER, SALES, SAM, VIEWER};
use crate::request::{Request, text};
use crate::support::fixture::Database;
use crate::support::server::Server;

/// Answers are held back for so long, so that whatever does not wait for them was sent before.
const HELD: Duration = Duration::from_millis(15);
/// Each request is sent so often. The first ones prepare their statements, and a busy machine may tear apart what was sent
/// together: the fewest round trips count.
const ATTEMPTS: usize = 6;

/// A relay between service and database that counts how often something was sent after an answer.
struct Relay {
    url: String,
    trips: Arc<AtomicUsize>,
}

impl Relay {
    fn to(url: &str) -> Self {
        let uri: Uri = url.parse().unwrap();
        let authority = uri.authority().unwrap();
        let server = format!("{}:{}", authority.host(), authority.port_u16().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap();
        let trips = Arc::new(AtomicUsize::new(0));
        let count = trips.clone();
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                relayed(client, TcpStream::connect(&server).unwrap(), count.clone());
            }
        });
        Self { url: replaced(url, authority.as_str(), here), trips }
    }

    /// How many round trips the work takes.
    fn trips(&self, work: impl FnOnce()) -> usize {
        let before = self.trips.load(Ordering::SeqCst);
        work();
        // Until the last answers are through.
        thread::sleep(3 * HELD);
        self.trips.load(Ordering::SeqCst) - before
    }
}

fn replaced(url: &str, authority: &str, address: SocketAddr) -> String {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let url = url.replacen(host, &address.to_string(), 1);
    format!("{url}{}sslmode=disable", if url.contains('?') { '&' } else { '?' })
}

fn relayed(client: TcpStream, server: TcpStream, trips: Arc<AtomicUsize>) {
    let is_answered = Arc::new(AtomicBool::new(true));
    let answered = is_answered.clone();
    let (mut from_client, mut to_client) = (client.try_clone().unwrap(), client);
    let (mut from_server, mut to_server) = (server.try_clone().unwrap(), server);
    for stream in [&to_client, &to_server] {
        stream.set_nodelay(true).unwrap();
    }
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_client.read(&mut buffer) {
            if is_answered.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 20];
        while let Ok(first @ 1..) = from_server.read(&mut buffer) {
            thread::sleep(HELD);
            from_server.set_nonblocking(true).unwrap();
            let more = from_server.read(&mut buffer[first..]).unwrap_or_default();
            from_server.set_nonblocking(false).unwrap();
            answered.store(true, Ordering::SeqCst);
            if to_client.write_all(&buffer[..first + more]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

/// The service behind a relay.
struct Watched {
    relay: Relay,
    server: Server,
    database: Database,
}

impl Watched {
    fn new() -> Self {
        let database = Database::postgres();
        let relay = Relay::to(&database.url());
        // One connection for transactions, and one that short reads share.
        // No jobs, whose round trips would be counted too.
        let settings = [&[("DB_MAX_CONNECTIONS", "2")], IDLE].concat();
        let server = Server::start(&relay.url, &settings);
        database.restore();
        Self { relay, server, database }
    }

    /// The fewest round trips of a request, by its number, after each of which these statements are run.
    fn fewest(&self, line: &str, body: impl Fn(usize) -> Json, after: &str) -> usize {
        let attempt = |number| {
            let request = Request::new(self.server.address(), line).token("admin_a").json(&body(number));
            let trips = self.relay.trips(|| {
                let answer = request.send();
                assert!(answer.status < 300, "{line}: {} {}", answer.status, text(&answer));
            });
            self.database.run(after);
            trips
        };
        (0..ATTEMPTS).map(attempt).min().unwrap_or_default()
    }
}

/// Round trips of admitting the caller are counted too: two, and another one for a row that the path names; where power is at
/// stake, two for what the caller holds, which go side by side.
#[test]
fn what_is_asked_together_travels_together() {
    let watched = Watched::new();
    let users = format!("/tenants/{A}/users");
    let (add, andy, alice) =
        (format!("POST {users}"), format!("PATCH {users}/{ANDY}"), format!("PATCH {users}/{ALICE}"));
    let person =
        |name: &str, email: &str| json!({ "firstName": "N", "username": name, "email": email, "roleId": MEMBER });
    let made = watched.fewest(&add, |number| person(&format!("n{number}"), &format!("n{number}@a.example")), "");
    assert_eq!(made, 5, "a user is made");
    let gone = format!("DELETE FROM main.user_tenants WHERE user_id = '{SAM}' AND tenant_id = '{A}'");
    watched.database.run(&gone);
    let known = watched.fewest(&add, |_| person("sam", "sam@shared.example"), &gone);
    assert_eq!(known, 7, "a person whom another tenant knows is added");

    let renamed = watched.fewest(&andy, |number| json!({ "firstName": format!("A{number}") }), "");
    assert_eq!(renamed, 5, "a user is renamed");
    let moved = watched.fewest(&alice, |number| json!({ "email": format!("alice{number}@a.example") }), "");
    assert_eq!(moved, 8, "a user gets another address");
    let role = |number| json!({ "roleId": if number % 2 == 0 { VIEWER } else { MEMBER } });
    assert_eq!(watched.fewest(&andy, role, ""), 13, "a user gets another role");

    let join = format!("POST /groups/{SALES}/user");
    watched.database.run("DELETE FROM main.user_groups");
    let joined = watched.fewest(&join, |_| json!({ "userTenantId": AMY_IN_A }), "DELETE FROM main.user_groups");
    assert_eq!(joined, 7, "a member joins a group");

    for (kind, name, trips) in [("roles", "Role", 5), ("roles", "R\u{f4}le", 5), ("groups", "Group", 9)] {
        let named = |number| json!({ "name": format!("{name} {number}") });
        assert_eq!(watched.fewest(&format!("POST /tenants/{A}/{kind}"), named, ""), trips, "{name} is made");
    }
}
