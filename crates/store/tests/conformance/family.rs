//! The entities of the suite, one for each way in which a row belongs to a tenant or a person, and their tables.

#![expect(dead_code, reason = "most properties are read through metadata, not as fields")]

use std::num::NonZero;

use serde::Deserialize;
use serde_json::Value;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, TimePrecision};
use time::{Date, OffsetDateTime};
use user_tenant_store::Entity;
use user_tenant_store::session::DatabaseOptions;
use uuid::Uuid;

use crate::database::{Database, Outcome, quoted};

/// Instants stand in JSON as `YYYY-MM-DDTHH:mm:ss.sssZ`.
const INSTANT: Iso8601<
    { Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: NonZero::new(3) }).encode() },
> = Iso8601;
time::serde::format_description!(instant, OffsetDateTime, INSTANT);
time::serde::format_description!(midnight, Date, "[year]-[month]-[day]T00:00:00.000Z");

/// What the databases write differently: the word in `family.sql`, on `PostgreSQL`, on `SQLite`.
const WORDS: [(&str, &str, &str); 11] = [
    (
        "{audit}",
        "deleted boolean NOT NULL DEFAULT false, deleted_on {timestamp}, deleted_by uuid,
         created_on {timestamp} NOT NULL, modified_on {timestamp} NOT NULL",
        "deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)), deleted_on {timestamp}, deleted_by TEXT,
         created_on {timestamp} NOT NULL, modified_on {timestamp} NOT NULL",
    ),
    ("{uuid}", "uuid", "TEXT"),
    ("{text}", "text", "TEXT"),
    ("{integer}", "integer", "INTEGER"),
    ("{boolean}", "boolean", "INTEGER"),
    ("{timestamp}", "timestamptz", "TEXT"),
    ("{date}", "date", "TEXT"),
    ("{json}", "jsonb", "TEXT"),
    ("{texts}", "text[]", "TEXT"),
    ("{integers}", "integer[]", "TEXT"),
    ("{serial}", "serial PRIMARY KEY", "INTEGER PRIMARY KEY"),
];

/// Makes the tables where the options say.
pub(crate) async fn make_tables(database: &Database, options: &DatabaseOptions) -> Outcome {
    let mut sql = WORDS.iter().fold(include_str!("family.sql").to_owned(), |sql, (word, postgres, sqlite)| {
        sql.replace(word, if database.is_postgres() { postgres } else { sqlite })
    });
    let mut prefix = String::new();
    if let DatabaseOptions::Postgres(options) = options {
        let schema = quoted(options.schema);
        database.execute(&format!("CREATE SCHEMA {schema}")).await?;
        prefix = format!("{schema}.");
    }
    sql = sql.replace("{main}", &prefix);
    database.execute(&sql).await
}

/// A tenant.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "accounts",
    tenancy(itself),
    has_many(name = "documents", target = Document, foreign = "accountId"),
    has_many(name = "memberships", target = Membership, foreign = "accountId"),
    has_many(name = "secretMemberships", target = Membership, foreign = "accountId", hidden)
)]
pub(crate) struct Account {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) key: String,
    #[property(default = "1", remembered)]
    pub(crate) status: i32,
    pub(crate) website: Option<String>,
}

/// Somebody: seen by each tenant that it has a membership in, and by itself.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "persons",
    audit = "times",
    tenancy(through(local = "id", foreign = "personId", via = Membership)),
    owner(column = "id"),
    has_many(name = "memberships", target = Membership, foreign = "personId")
)]
pub(crate) struct Person {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[property(hidden, remembered)]
    pub(crate) phrase: Option<String>,
}

/// Ties a person to an account.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "memberships",
    audit = "text",
    tenancy(column = "accountId"),
    owner(column = "personId"),
    belongs_to(name = "person", target = Person, local = "personId"),
    belongs_to(name = "account", target = Account, local = "accountId"),
    has_many(name = "documents", target = Document, foreign = "membershipId"),
    has_many(name = "comments", target = Comment, foreign = "membershipId")
)]
pub(crate) struct Membership {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) role: Option<String>,
    pub(crate) person_id: Uuid,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}

/// Belongs to a tenant by a column, and perhaps to a person through its author.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "documents",
    tenancy(column = "accountId"),
    owner(through(local = "membershipId", foreign = "id", via = Membership)),
    has_many(name = "comments", target = Comment, foreign = "documentId"),
    has_one(name = "cover", target = Cover, foreign = "documentId"),
    belongs_to(name = "author", target = Membership, local = "membershipId"),
    belongs_to(name = "account", target = Account, local = "accountId")
)]
pub(crate) struct Document {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    #[property(default = "1")]
    pub(crate) pages: i32,
    #[property(default = "false")]
    pub(crate) published: bool,
    pub(crate) membership_id: Option<Uuid>,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}

/// Belongs to a tenant through its document. The database would let it have none.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "comments",
    audit = "text",
    tenancy(through(local = "documentId", foreign = "id", via = Document)),
    owner(through(local = "membershipId", foreign = "id", via = Membership)),
    belongs_to(name = "document", target = Document, local = "documentId"),
    belongs_to(name = "author", target = Membership, local = "membershipId")
)]
pub(crate) struct Comment {
    #[property(id)]
    pub(crate) id: Uuid,
    #[property(remembered)]
    pub(crate) wording: String,
    pub(crate) place: i32,
    #[property(parent)]
    pub(crate) document_id: Uuid,
    pub(crate) membership_id: Uuid,
}

/// Belongs to nobody in particular, and is removed for good.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "covers",
    audit = "none",
    tenancy(through(local = "documentId", foreign = "id", via = Document)),
    belongs_to(name = "document", target = Document, local = "documentId")
)]
pub(crate) struct Cover {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) picture: String,
    #[property(parent)]
    pub(crate) document_id: Uuid,
}

/// Belongs to a tenant and a person by columns that no relation describes.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "bookmarks", audit = "times", tenancy(column = "accountId"), owner(column = "personId"))]
pub(crate) struct Bookmark {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) address: String,
    #[property(parent)]
    pub(crate) person_id: Uuid,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}

/// Belongs to no tenant; the database numbers its rows.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "secrets", audit = "none", tenancy(global = "the sample of what no tenant may see"))]
pub(crate) struct Secret {
    #[property(id)]
    pub(crate) id: i32,
    pub(crate) hint: String,
    #[property(hidden)]
    pub(crate) words: String,
}

/// A view, which can only be read.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "document_titles",
    read_only,
    audit = "none",
    tenancy(column = "accountId"),
    has_many(name = "comments", target = Comment, foreign = "documentId")
)]
pub(crate) struct DocumentTitle {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}

/// Read by a query of its own: a document with its author's name, which drafts withhold.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "documents", query = AUTHORED, read_only, tenancy(column = "accountId"))]
pub(crate) struct Authored {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) author: Option<String>,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}

const AUTHORED: &str = "d.id, d.title, d.account_id, d.deleted, d.deleted_on, d.deleted_by, d.created_on, d.modified_on, \
    d.created_by, d.modified_by, CASE WHEN d.published THEN p.name END AS author \
    FROM main.documents AS d JOIN main.memberships AS m ON m.id = d.membership_id \
    JOIN main.persons AS p ON p.id = m.person_id WHERE NOT m.deleted AND NOT p.deleted";

/// A property of every type: what [`crate::generate`] makes rows and filters of.
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "samples", audit = "times", tenancy(column = "accountId"))]
pub(crate) struct Sample {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    pub(crate) number: Option<i32>,
    pub(crate) flag: Option<bool>,
    #[serde(with = "instant::option")]
    pub(crate) happened_on: Option<OffsetDateTime>,
    #[serde(with = "midnight::option")]
    pub(crate) day: Option<Date>,
    pub(crate) data: Option<Value>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) codes: Option<Vec<i32>>,
    #[property(parent)]
    pub(crate) account_id: Uuid,
}
