//! Seats: of many who come at once for the last one, one gets it, by whatever way they come.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value as Json, json};

use super::{ask, refusal, step};
use crate::holes::{A, AMY, ANDY, MEMBER, SAM};
use crate::request::{Request, json as json_of};
use crate::world::{World, on_both};

const CALLERS: usize = 50;

#[track_caller]
fn limited(world: &World, limits: &Json) -> Json {
    let (status, told) = ask(world, "master_b", &format!("PATCH /tenants/{A}/limits"), limits);
    assert_eq!(status, 200, "{told}");
    told
}

fn person(name: &str) -> Json {
    json!({ "firstName": "N", "username": name, "email": format!("{name}@a.example"), "roleId": MEMBER })
}

/// Sends requests at the same moment, and tells their statuses.
fn at_once(requests: &[Request]) -> Vec<u16> {
    let start = Barrier::new(requests.len());
    let call = |request: &Request| {
        start.wait();
        let answer = request.send();
        let told = if answer.body.is_empty() { Json::Null } else { json_of(&answer) };
        assert!(answer.status < 300 || told.to_string().contains("QUOTA_EXCEEDED"), "{} {told}", answer.status);
        answer.status
    };
    thread::scope(|scope| {
        let callers: Vec<_> = requests.iter().map(|request| scope.spawn(|| call(request))).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller gets its answer")).collect()
    })
}

on_both!(of_fifty_at_once_for_the_last_seat_one_gets_it);
fn of_fifty_at_once_for_the_last_seat_one_gets_it(world: &World) {
    let members = limited(world, &json!({}))["members"].as_u64().expect("a number");
    for (round, limits) in [json!({ "maxMembers": members + 1 }), json!({ "maxMembers": null, "maxInvitations": 3 })]
        .into_iter()
        .enumerate()
    {
        let told = limited(world, &limits);
        assert!(told["invitations"].as_u64() == Some(1 + round as u64), "{told}");
        let add = |at: usize| {
            let request = world.request(&format!("POST /tenants/{A}/users")).token("admin_a");
            request.json(&person(&format!("new{round}x{at}")))
        };
        let statuses = at_once(&(0..CALLERS).map(add).collect::<Vec<_>>());
        assert_eq!(statuses.iter().filter(|status| **status < 300).count(), 1, "{statuses:?}");
        let later = refusal(world, "admin_a", &format!("POST /tenants/{A}/users"), &person("later"));
        assert_eq!(later, (409, "QUOTA_EXCEEDED".to_owned()));
    }
    // Nothing but additions is cut by it.
    limited(world, &json!({ "maxMembers": 0, "maxInvitations": 0 }));
    let (status, listed) = ask(world, "admin_a", &format!("GET /tenants/{A}/users"), &Json::Null);
    assert_eq!((status, listed.as_array().map(Vec::len)), (200, Some(6)));
    assert_eq!(ask(world, "andy_all", &format!("GET /tenants/{A}/roles"), &Json::Null).0, 200);
}

on_both!(a_seat_that_was_given_up_is_taken_again_in_turn);
fn a_seat_that_was_given_up_is_taken_again_in_turn(world: &World) {
    let suspended = [ANDY, AMY, SAM];
    for id in suspended {
        step(world, "admin_a", &format!("/tenants/{A}/users/{id}/suspend"), "suspended");
    }
    assert_eq!(limited(world, &json!({ "maxMembers": 2 }))["members"], 1);
    // Who comes back, by either way, and a guest who is added, all want the one seat.
    let bob = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    let by = |line: String| world.request(&line).token("admin_a");
    let mut requests: Vec<_> =
        suspended.iter().map(|id| by(format!("POST /tenants/{A}/users/{id}/reactivate"))).collect();
    requests.push(by(format!("PATCH /tenants/{A}/users/{ANDY}")).json(&json!({ "status": 3 })));
    requests.push(by(format!("POST /tenants/{A}/users")).json(&bob));
    requests.extend((0..10).map(|at| by(format!("POST /tenants/{A}/users")).json(&person(&format!("n{at}")))));
    let requests: Vec<_> = requests.into_iter().collect();
    let start = Barrier::new(requests.len());
    thread::scope(|scope| {
        for request in &requests {
            scope.spawn(|| {
                start.wait();
                let answer = request.send();
                assert!(answer.status < 300 || answer.status == 409, "{}", answer.status);
            });
        }
    });
    let told = limited(world, &json!({}));
    assert_eq!(told["members"], 2, "{told}");
    // Who has a seat changes within it.
    limited(world, &json!({ "maxMembers": 0 }));
    world.run("UPDATE main.user_tenants SET status = 1, suspended_from = NULL WHERE id = 'a0000000-0000-4000-8000-000000000032'");
    let line = format!("PATCH /tenants/{A}/users/{ANDY}");
    assert_eq!(ask(world, "admin_a", &line, &json!({ "status": 3 })).0, 204);
    assert_eq!(ask(world, "admin_a", &line, &json!({ "status": 2 })).0, 204);
    assert_eq!(refusal(world, "admin_a", &line, &json!({ "status": 1 })), (409, "QUOTA_EXCEEDED".to_owned()));
}
