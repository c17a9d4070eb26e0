//! Bodies in the forms in which programs and pages send them.

use serde_json::{Value as Json, json};

use crate::holes::{A, ALICE, Scene};
use crate::request::{json, text};
use crate::world::on_both;

on_both!(forms_that_clients_send_are_read);
fn forms_that_clients_send_are_read(scene: &Scene) {
    let patch = |body: Json| {
        let answer = scene.by("admin_a", &format!("PATCH /tenants/{A}/users/{ALICE}")).json(&body).send();
        (answer.status, text(&answer))
    };
    assert_eq!(patch(json!({ "phone": "+15550008888", "dob": "1990-01-31T00:00:00.000Z" })).0, 204);
    let row = scene.row("users", ALICE);
    assert_eq!((&row["phone"], &row["dob"]), (&json!("+15550008888"), &json!("1990-01-31")));
    // A form clears a field with an empty text.
    assert_eq!(patch(json!({ "phone": "" })).0, 204);
    assert_eq!(scene.row("users", ALICE)["phone"], Json::Null);
    for day in ["1990-01-31T10:00:00+02:00", "1989-12-31T22:00:00.000Z", "1990-01-31T00:00:00+01:00"] {
        let (status, said) = patch(json!({ "dob": day }));
        assert!(status == 422 && said.contains("1990-01-31T00:00:00.000Z"), "{day}: {status} {said}");
    }
    assert_eq!(scene.row("users", ALICE)["dob"], json!("1990-01-31"), "the day is as it was");
    // A body may begin with a byte order mark.
    let marked = [b"\xEF\xBB\xBF".as_slice(), br#"{"designation": "Chief"}"#].concat();
    let request = scene.by("admin_a", &format!("PATCH /tenants/{A}/users/{ALICE}"));
    assert_eq!(request.header("content-type", "application/json").body(marked).send().status, 204);
    // A role that grants nothing grants a list of nothing.
    let made = scene.by("admin_a", &format!("POST /tenants/{A}/roles")).json(&json!({ "name": "bare" })).send();
    let made = json(&made);
    assert_eq!(made["permissions"], json!([]), "{made}");
    assert_ne!(scene.row("roles", made["id"].as_str().expect("a role was made"))["permissions"], Json::Null);
}
