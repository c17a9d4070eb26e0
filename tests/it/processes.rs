//! Two processes of the service on one database: each sees at once what the other has written, and neither lets in for
//! longer than its cache whom the other has removed. What a process ends itself it refuses at once.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value as Json, json};

use crate::holes::{A, ANDY, MEMBER};
use crate::request::{Request, json, text};
use crate::support::fixture::Database;
use crate::support::server::Server;
use crate::system::bounds::eventually;
use crate::world::on_both;

/// How often each thing is tried, every other time with the processes the other way round.
const ROUNDS: usize = 20;

/// Two processes on a database with the fixture in it.
struct Pair {
    servers: [Server; 2],
}

impl Pair {
    fn new(database: &Database, settings: &[(&str, &str)]) -> Self {
        let servers = [Server::start(&database.url(), settings), Server::start(&database.url(), settings)];
        database.restore();
        Self { servers }
    }

    /// A request to one of the two by the administrator of A.
    fn ask(&self, process: usize, line: &str) -> Request {
        Request::new(self.servers[process % 2].address(), line).token("admin_a")
    }

    /// A user as a process lists it.
    fn listed(&self, process: usize, id: &Json) -> Json {
        let filter = json!({ "where": { "id": id } });
        json(&self.ask(process, &format!("GET /tenants/{A}/users")).query("filter", &filter).send())
    }
}

fn person(name: &str) -> Json {
    json!({ "firstName": "N", "username": name, "email": format!("{name}@a.example"), "roleId": MEMBER })
}

on_both!(what_one_process_writes_the_other_reads_at_once);
fn what_one_process_writes_the_other_reads_at_once(database: &Database) {
    let pair = Pair::new(database, &[]);
    for round in 0..ROUNDS {
        let (writer, reader) = (round, round + 1);
        let create = pair.ask(writer, &format!("POST /tenants/{A}/users")).json(&person(&format!("new{round}")));
        let id = json(&create.send())["id"].clone();
        let user = format!("/tenants/{A}/users/{}", id.as_str().expect("a user was created"));
        assert_eq!(pair.listed(reader, &id)[0]["id"], id, "round {round}");
        let change = pair.ask(writer, &format!("PATCH {user}")).json(&json!({ "firstName": "Changed" })).send();
        assert_eq!(change.status, 204, "{}", text(&change));
        let read = pair.listed(reader, &id);
        assert_eq!((&read[0]["firstName"], &read), (&json!("Changed"), &pair.listed(writer, &id)));
        assert_eq!(pair.ask(writer, &format!("DELETE {user}")).send().status, 204);
        assert_eq!(pair.listed(reader, &id), json!([]), "round {round}");
    }
}

on_both!(of_two_processes_that_create_the_same_user_at_once_one_succeeds);
fn of_two_processes_that_create_the_same_user_at_once_one_succeeds(database: &Database) {
    let pair = Pair::new(database, &[]);
    for round in 0..ROUNDS {
        let (body, start) = (person(&format!("new{round}")), Barrier::new(2));
        let create = |process: usize| {
            let request = pair.ask(process, &format!("POST /tenants/{A}/users")).json(&body);
            start.wait();
            request.send().status
        };
        let mut statuses = thread::scope(|scope| {
            let both = [0, 1].map(|process| scope.spawn(move || create(process)));
            both.map(|one| one.join().expect("it is answered"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}");
    }
}

on_both!(whose_activity_a_request_ends_is_refused_at_once_by_the_same_process);
fn whose_activity_a_request_ends_is_refused_at_once_by_the_same_process(database: &Database) {
    let server = Server::start(&database.url(), &[("CALLER_CACHE_MILLISECONDS", "1000")]);
    let by = |profile: &str, line: &str| Request::new(server.address(), line).token(profile);
    let (user, tenant) = (format!("/tenants/{A}/users/{ANDY}"), format!("/tenants/{A}"));
    let closed = json!({ "status": 0 });
    let ends = [
        by("admin_a", &format!("PATCH {user}")).json(&json!({ "status": 2 })),
        by("admin_a", &format!("PATCH {user}")).json(&json!({ "firstName": "N", "status": 4 })),
        by("admin_a", &format!("DELETE {user}")),
        by("master_b", &format!("PATCH {tenant}")).json(&closed),
        by("master_b", "PATCH /tenants").query("where", &json!({ "id": A })).json(&closed),
        by("master_b", &format!("PUT {tenant}")).json(&json!({ "name": "N", "key": "tenant-a", "status": 0 })),
        by("master_b", &format!("DELETE {tenant}")),
    ];
    for (number, end) in ends.iter().enumerate() {
        database.restore();
        let andys = || by("andy_all", &format!("GET {tenant}/roles")).send().status;
        assert_eq!(andys(), 200, "the service remembers him now: {number}");
        let answer = end.send();
        assert!(answer.status < 300, "{number}: {} {}", answer.status, text(&answer));
        assert_eq!(andys(), 401, "{number}");
    }
}

on_both!(whose_activity_one_process_ends_by_a_step_the_other_refuses_within_its_cache);
fn whose_activity_one_process_ends_by_a_step_the_other_refuses_within_its_cache(database: &Database) {
    let pair = Pair::new(database, &[("CALLER_CACHE_MILLISECONDS", "1000")]);
    let steps = [
        (format!("/tenants/{A}/users/{ANDY}/suspend"), "MEMBERSHIP_SUSPENDED"),
        (format!("/users/{ANDY}/deactivate"), "USER_DEACTIVATED"),
        (format!("/tenants/{A}/suspend"), "TENANT_SUSPENDED"),
        (format!("/tenants/{A}/archive"), "TENANT_ARCHIVED"),
    ];
    for (step, code) in steps {
        database.restore();
        let andys = |process: usize| {
            let answer = Request::new(pair.servers[process].address(), &format!("GET /tenants/{A}/roles"));
            let answer = answer.token("andy_all").send();
            let told = json(&answer);
            (answer.status, told["error"]["code"].as_str().unwrap_or_default().to_owned())
        };
        for process in [0, 1] {
            eventually("it remembers him now", || andys(process).0 == 200);
        }
        let taken = Request::new(pair.servers[0].address(), &format!("POST {step}")).token("master_b").send();
        assert_eq!(taken.status, 200, "{step}: {}", text(&taken));
        let refused = (401, code.to_owned());
        assert_eq!(andys(0), refused, "the process that took the step refuses him at once");
        eventually("the other process refuses him", || andys(1) == refused);
    }
}

on_both!(whom_one_process_removes_the_other_refuses_within_its_cache);
fn whom_one_process_removes_the_other_refuses_within_its_cache(database: &Database) {
    let pair = Pair::new(database, &[("CALLER_CACHE_MILLISECONDS", "1000")]);
    let line = format!("GET /tenants/{A}/users");
    let andys = |process: usize| Request::new(pair.servers[process].address(), &line).token("andy_all");
    for process in [0, 1] {
        assert_eq!(andys(process).send().status, 200, "it remembers him now");
    }
    assert_eq!(pair.ask(0, &format!("DELETE /tenants/{A}/users/{ANDY}")).send().status, 204);
    assert_eq!(andys(0).send().status, 401, "who removes a member forgets the caller at once");
    eventually("the other process refuses him", || andys(1).send().status == 401);
}
