//! The known defects of the original, H01 to H61 of `docs/compatibility.md`, each tried against this service.
//!
//! An attack is carried out as one would against the original, and the tables are compared before and
//! after. A property is stated.

mod crossing;
mod escalation;
mod interruption;
mod lifecycle;
mod pairs;
mod provisioning;
mod races;
mod storage;
mod surface;
mod table;

use std::cell::RefCell;

use serde_json::{Map, Value as Json, json};

use crate::request::{Request, bad_refusal, json, text};
use crate::support::fixture::{self, Database, Tables};
use crate::support::http::Answer;
use crate::world::World;

pub(crate) const A: &str = "a0000000-0000-4000-8000-000000000001";
pub(crate) const B: &str = "b0000000-0000-4000-8000-000000000001";
/// The deleted tenant.
const D: &str = "d0000000-0000-4000-8000-000000000001";
const NOBODY: &str = "f0000000-0000-4000-8000-000000000099";
/// Users.
pub(crate) const ALICE: &str = "a0000000-0000-4000-8000-000000000021";
pub(crate) const ANDY: &str = "a0000000-0000-4000-8000-000000000022";
pub(crate) const AMY: &str = "a0000000-0000-4000-8000-000000000023";
const ARTHUR: &str = "a0000000-0000-4000-8000-000000000024";
pub(crate) const BOB: &str = "b0000000-0000-4000-8000-000000000021";
/// Works for A and B, and is at home in B.
pub(crate) const SAM: &str = "e0000000-0000-4000-8000-000000000021";
/// Works for nobody.
const OLGA: &str = "e0000000-0000-4000-8000-000000000022";
/// Memberships.
pub(crate) const ALICE_IN_A: &str = "a0000000-0000-4000-8000-000000000031";
pub(crate) const ANDY_IN_A: &str = "a0000000-0000-4000-8000-000000000032";
pub(crate) const AMY_IN_A: &str = "a0000000-0000-4000-8000-000000000033";
pub(crate) const BETH_IN_B: &str = "b0000000-0000-4000-8000-000000000032";
/// Roles of A: what Alice has, what Andy and Amy have, what Sam has, and one that grants what nobody holds.
pub(crate) const ADMIN: &str = "a0000000-0000-4000-8000-000000000011";
pub(crate) const MEMBER: &str = "a0000000-0000-4000-8000-000000000012";
pub(crate) const VIEWER: &str = "a0000000-0000-4000-8000-000000000013";
const DELETED_ROLE: &str = "a0000000-0000-4000-8000-000000000014";
pub(crate) const SUPER: &str = "a0000000-0000-4000-8000-000000000015";
pub(crate) const ADMIN_OF_B: &str = "b0000000-0000-4000-8000-000000000011";
/// Groups: Alice and Andy are in the first, Amy in the second.
pub(crate) const ENGINEERS: &str = "a0000000-0000-4000-8000-000000000041";
pub(crate) const SALES: &str = "a0000000-0000-4000-8000-000000000042";
pub(crate) const ENGINEERS_OF_B: &str = "b0000000-0000-4000-8000-000000000041";

/// Conditions that lift every other one where they replace it, or stand beside it under an `or`.
fn everything() -> [Json; 4] {
    [
        json!({ "or": [{}] }),
        json!({ "or": [{ "deleted": false }, { "deleted": true }] }),
        json!({ "and": [{ "deleted": false }], "or": [{ "deleted": false }, { "id": { "neq": null } }] }),
        json!({ "or": [{ "id": { "neq": NOBODY } }] }),
    ]
}

/// The service, and what the tables hold before an attack.
pub(crate) struct Scene {
    pub(crate) world: World,
    before: RefCell<Tables>,
}

impl Scene {
    /// A request with the token of a profile.
    pub(crate) fn by(&self, profile: &str, line: &str) -> Request {
        self.world.request(line).token(profile)
    }

    /// Changes the tables before an attack.
    pub(crate) fn given(&self, sql: &str) {
        self.world.run(sql);
        self.before.replace(self.world.database.tables());
    }

    /// Takes what the tables hold now as the state before the next attack.
    pub(crate) fn go_on(&self) {
        self.before.replace(self.world.database.tables());
    }

    /// Sends a request that is refused so, in words that tell nothing of the database, and that
    /// changes no row of any tenant; what `error` of the answer says.
    #[track_caller]
    pub(crate) fn refused(&self, request: &Request, status: u16) -> Json {
        let answer = request.send();
        assert_eq!(answer.status, status, "{}", text(&answer));
        assert_eq!(bad_refusal(&answer), None);
        self.unchanged();
        json(&answer)["error"].take()
    }

    /// Sends a request that is carried out, and that changes no row of another tenant.
    #[track_caller]
    pub(crate) fn done(&self, request: &Request) -> Json {
        let answer = request.send();
        assert!(answer.status < 300, "{}: {}", answer.status, text(&answer));
        self.others_unchanged();
        if answer.body.is_empty() { Json::Null } else { json(&answer) }
    }

    /// That no row of any tenant is another than before.
    #[track_caller]
    pub(crate) fn unchanged(&self) {
        assert_eq!(self.world.database.tables(), *self.before.borrow(), "who is refused changes nothing");
    }

    /// The rows that speak of another tenant than A: its own, and those of its members.
    fn others(tables: &Tables) -> Vec<String> {
        const OTHERS: [&str; 4] = ["b0000000-", "c0000000-", "d0000000-", OLGA];
        let rows = tables.rows.iter().map(|((table, id), row)| format!("{table} {id} {}", fixture::text(row)));
        rows.filter(|row| OTHERS.iter().any(|other| row.contains(other))).collect()
    }

    #[track_caller]
    fn others_unchanged(&self) {
        let before = Self::others(&self.before.borrow());
        assert!(before.len() > 15, "there are rows to attack");
        assert_eq!(Self::others(&self.world.database.tables()), before);
    }

    /// A row as it is now.
    #[track_caller]
    pub(crate) fn row(&self, table: &str, id: &str) -> Map<String, Json> {
        let mut tables = self.world.database.tables();
        tables.rows.remove(&(table.to_owned(), id.to_owned())).unwrap_or_else(|| panic!("{table} has no {id}"))
    }

    /// How many live rows of a table have these values.
    pub(crate) fn live(&self, table: &str, columns: &[(&str, Json)]) -> usize {
        let tables = self.world.database.tables();
        let of_table = tables.rows.iter().filter(|((name, _), _)| name == table);
        of_table
            .filter(|(_, row)| row["deleted"] != true && columns.iter().all(|(name, value)| row[*name] == *value))
            .count()
    }
}

impl From<Database> for Scene {
    fn from(database: Database) -> Self {
        let world = World::new(database);
        let before = RefCell::new(world.database.tables());
        Self { world, before }
    }
}

/// The values of one property of a list.
#[track_caller]
pub(crate) fn all(list: &Json, property: &str) -> Vec<Json> {
    list.as_array().expect("the answer is a list").iter().map(|row| row[property].clone()).collect()
}

pub(crate) fn status(answer: &Answer) -> (u16, String) {
    (answer.status, text(answer))
}
