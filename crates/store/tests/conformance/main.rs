//! One suite for every database: each case runs on `SQLite` and on `PostgreSQL` and expects the same. Start at [`fixture`].
//! Only [`beginning`] is of one of them.

#[path = "../support/database.rs"]
mod database;

mod family;
#[macro_use]
mod fixture;
mod generate;

mod beginning;
mod bytes;
mod change;
mod constraints;
mod create;
mod includes;
mod isolation;
mod joins;
mod patterns;
mod random;
mod read;
mod together;
mod transactions;
mod values;
