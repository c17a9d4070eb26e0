//! One suite for every database: each case runs on `SQLite` and on `PostgreSQL` and expects the same. Start at [`fixture`].
//! Only [`beginning`] and [`schemas`] are of one of them. `TEST_DB_SCHEMA=order` runs all on another schema than `main`.

#[path = "../support/database.rs"]
mod database;

mod family;
#[macro_use]
mod fixture;
mod generate;
mod held;

mod beginning;
mod bytes;
mod change;
mod constraints;
mod create;
mod erase;
mod includes;
mod insert;
mod isolation;
mod joins;
mod memory;
mod patterns;
mod random;
mod read;
mod schemas;
mod search;
mod together;
mod transactions;
mod values;
