//! Every operation of the document, with another tenant's id or a trick in every place that takes one.

use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::{A, B, NOBODY, TRAPS, shown};
use crate::authorization::operation::{self, Operation, Target};
use crate::authorization::{IDLE, prepare};
use crate::request::{Request, json, text};
use crate::support::fixture::{self, Database, Tables};
use crate::world::{World, on_both};

/// Ids of tenant B by the property that may hold one; the last is for all others.
const FOREIGN: [(&str, &str); 8] = [
    ("tenantId", B),
    ("defaultTenantId", B),
    ("userId", "b0000000-0000-4000-8000-000000000021"),
    ("roleId", operation::FREE_ROLE[1]),
    ("userTenantId", "b0000000-0000-4000-8000-000000000032"),
    ("groupId", "b0000000-0000-4000-8000-000000000041"),
    ("createdBy", "b0000000-0000-4000-8000-000000000031"),
    ("id", "b0000000-0000-4000-8000-000000000011"),
];

struct Matrix {
    world: World,
    operations: Vec<Operation>,
    document: Json,
    /// What the tables hold; the traps are rows changed now, so it is read again each time they are set.
    before: RefCell<Tables>,
}

/// With the fixture and the rows that only a missing bound would show.
impl From<Database> for Matrix {
    fn from(database: Database) -> Self {
        let world = World::with(database, IDLE);
        let document = json(&world.request("GET /openapi.json").send());
        let mut operations = operation::all(&document);
        operations.retain(|operation| operation.secured);
        restore(&world);
        let before = RefCell::new(world.database.tables());
        Self { world, operations, document, before }
    }
}

fn restore(world: &World) {
    prepare(world);
    world.run(TRAPS);
}

/// The rows that speak of other tenants than A: their own, and those that refer to them.
fn others(tables: &Tables) -> Vec<String> {
    let rows = tables.rows.iter().map(|((table, id), row)| format!("{table} {id} {}", fixture::text(row)));
    rows.filter(|row| ["b0000000-", "c0000000-", "d0000000-"].iter().any(|other| row.contains(other))).collect()
}

impl Matrix {
    /// The properties of an operation's record that hold ids, and an id of tenant B for each.
    fn ids(&self, operation: &Operation) -> Vec<(String, &'static str)> {
        let record = operation.record.as_deref().unwrap_or("Role");
        let properties = self.document["components"]["schemas"][record]["properties"].as_object();
        let ids = properties.into_iter().flatten().filter(|(_, property)| property["format"] == "uuid");
        ids.map(|(name, _)| {
            let known = FOREIGN.iter().find(|(known, _)| known == name);
            (name.clone(), known.unwrap_or(&FOREIGN[FOREIGN.len() - 1]).1)
        })
        .collect()
    }

    /// Sends a request to an operation, and fails if it changed a row of another tenant or made one refer to it.
    /// The status, and what the answer shows that it should not.
    #[track_caller]
    fn send(&self, operation: &Operation, request: &Request, what: &str) -> (u16, Vec<&'static str>) {
        let answer = request.send();
        let what = format!("{} {what}: {} {}", operation.name, answer.status, text(&answer));
        assert!(answer.status < 500, "{what}");
        if !operation.only_reads() {
            let after = self.world.database.tables();
            let changed = after != *self.before.borrow();
            assert_eq!(others(&after), others(&self.before.borrow()), "{what}");
            assert!(answer.status < 300 || !changed, "who is refused changes nothing: {what}");
            if changed {
                restore(&self.world);
                self.before.replace(self.world.database.tables());
            }
        }
        let shown = if answer.status < 300 { shown(&answer) } else { Vec::new() };
        (answer.status, shown)
    }
}

on_both!(no_place_of_a_path_takes_another_tenants_id);
fn no_place_of_a_path_takes_another_tenants_id(matrix: &Matrix) {
    let mut places = 0;
    for operation in matrix.operations.iter().filter(|operation| operation.ids(Target::Own).len() > 1) {
        for profile in ["admin_a", "master_a"] {
            for targets in [|target| [Target::Own, target], |target| [target, Target::Own]] {
                let mut answers = [Target::Foreign, Target::Unknown].map(|target| {
                    let request = operation.bare(matrix.world.server.address(), &targets(target)).token(profile);
                    let request = operation.body(Target::Own).iter().fold(request, Request::json);
                    let (status, _) = matrix.send(operation, &request, &format!("{profile} {:?}", targets(target)));
                    assert!([403, 404, 422].contains(&status), "{} {profile}: {status}", operation.name);
                    status
                });
                answers.sort_unstable();
                let alike = answers[0] == answers[1] || profile == "master_a";
                assert!(alike, "{} tells which ids exist: {answers:?}", operation.name);
                places += 1;
            }
        }
    }
    assert!(places >= 24, "{places}");
}

on_both!(no_body_refers_to_another_tenant);
fn no_body_refers_to_another_tenant(matrix: &Matrix) {
    let mut refused = 0;
    for operation in &matrix.operations {
        let Some(body) = operation.body(Target::Own) else { continue };
        for profile in ["admin_a", "master_a"] {
            for (property, foreign) in FOREIGN {
                let mut body = body.clone();
                match &mut body {
                    Json::Array(items) => items.push(json!({ property: foreign })),
                    body => body[property] = json!(foreign),
                }
                let request = operation.bare(matrix.world.server.address(), &[Target::Own]).token(profile);
                let request = match operation.conditions {
                    Some("where") => request.query("where", &json!({ "id": { "neq": NOBODY } })),
                    _ => request,
                };
                let request = request.json(&body);
                let (status, _) = matrix.send(operation, &request, &format!("{profile} {body}"));
                refused += usize::from(status >= 400);
            }
        }
    }
    assert!(refused > 150, "{refused}");
}

/// Conditions on one property that would widen a statement whose bound stood beside them rather than around.
fn tricks(property: &str, foreign: &str) -> Vec<Json> {
    vec![
        json!({ property: foreign }),
        json!({ property: { "inq": [foreign] } }),
        json!({ property: { "neq": NOBODY } }),
        json!({ "or": [{ property: foreign }, {}] }),
        json!({ "or": [{ property: foreign }, { property: { "neq": NOBODY } }] }),
        json!({ property: foreign, "or": [{}, { property: foreign }] }),
        json!({ "and": [{ "or": [{ property: foreign }, { property: { "neq": null } }] }] }),
        json!({ "or": [{ property: null }, { property: { "gt": NOBODY } }] }),
    ]
}

on_both!(no_condition_on_any_operation_reaches_past_the_wall);
fn no_condition_on_any_operation_reaches_past_the_wall(matrix: &Matrix) {
    let (mut asked, mut answered) = (0, 0);
    for operation in &matrix.operations {
        let Some(parameter) = operation.conditions else { continue };
        for (property, foreign) in matrix.ids(operation) {
            for trick in tricks(&property, foreign) {
                let condition = if parameter == "filter" { json!({ "where": trick }) } else { trick.clone() };
                let request = operation.bare(matrix.world.server.address(), &[Target::Own]).token("admin_a");
                let request = request.query(parameter, &condition);
                let request = operation.body(Target::Own).iter().fold(request, Request::json);
                let (status, shown) = matrix.send(operation, &request, &trick.to_string());
                assert_eq!(shown, Vec::<&str>::new(), "{} {trick}", operation.name);
                asked += 1;
                answered += usize::from(status < 300);
            }
        }
    }
    assert!(asked > 900 && answered * 2 > asked, "{answered} of {asked} were answered");
}

on_both!(no_condition_takes_a_master_out_of_the_tenant_of_the_path);
/// A master acts on the tenant that the path names, whatever else the request says.
fn no_condition_takes_a_master_out_of_the_tenant_of_the_path(matrix: &Matrix) {
    let below = |operation: &&Operation| operation.name.contains("/tenants/{id}/");
    let mut rows = 0;
    for operation in matrix.operations.iter().filter(|operation| operation.conditions == Some("filter")).filter(below) {
        for (target, tenant) in [(Target::Own, A), (Target::Foreign, B)] {
            for trick in matrix.ids(operation).iter().flat_map(|(property, foreign)| tricks(property, foreign)) {
                let request = operation.bare(matrix.world.server.address(), &[target]).token("master_a");
                let answer = request.query("filter", &json!({ "where": trick })).send();
                assert_eq!(answer.status, 200, "{} {trick}: {}", operation.name, text(&answer));
                for row in json(&answer).as_array().expect("a list") {
                    assert_eq!(row["tenantId"], tenant, "{} {trick}", operation.name);
                    rows += 1;
                }
            }
        }
    }
    assert!(rows > 100, "{rows}");
}
