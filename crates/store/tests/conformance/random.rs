//! Random rows and filters: what the databases answer is what the evaluator of [`user_tenant_filter_evaluator`] answers.
//!
//! A failure names the smallest filter that shows it, and the seed: run again with `PROPTEST_RNG_SEED` set to it.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::Sample;
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, filter, new, patch, predicate};
use crate::generate::{self, Share, share};
use user_tenant_filter_evaluator::{Row, Schema, Type, evaluate};

on_both!(filters_select_what_the_evaluator_selects, no_filter_reaches_past_its_tenant);

/// Sets of rows, and filters on each of them.
const SETS: u32 = 40;
const FILTERS: u32 = 50;

/// Every randomness of a test comes from the seed.
struct Seeded {
    seed: u64,
    runner: TestRunner,
}

impl Seeded {
    fn new() -> Self {
        let config = Config::default();
        let seed = match config.rng_seed {
            RngSeed::Fixed(seed) => seed,
            RngSeed::Random => user_tenant_store::environment::Environment::system().new_id().as_u64_pair().1,
        };
        let config = Config { cases: FILTERS, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..config };
        Self { seed, runner: TestRunner::new(config) }
    }

    fn sample<S: Strategy>(&mut self, strategy: &S) -> Outcome<S::Value> {
        Ok(strategy.new_tree(&mut self.runner).map_err(|reason| reason.to_string())?.current())
    }

    /// Checks values until one fails; reports the simplest that does.
    fn check<S: Strategy>(&mut self, strategy: &S, check: &impl AsyncFn(&S::Value) -> Outcome) -> Outcome {
        let mut runner = TestRunner::new_with_rng(self.runner.config().clone(), self.runner.new_rng());
        let checked = runner.run(strategy, |value| {
            block_in_place(|| Handle::current().block_on(check(&value)))
                .map_err(|error| TestCaseError::fail(error.to_string()))
        });
        checked.map_err(|error| format!("{error}\nPROPTEST_RNG_SEED={}", self.seed).into())
    }
}

/// Inserts the rows as those of a new tenant.
async fn insert(fixture: &Fixture, rows: &[Row]) -> Outcome<TenantScope> {
    let account = fixture.store.environment().new_id();
    let rows = rows
        .iter()
        .map(|row| new::<Sample>(&json!(row))?.with(Sample::ACCOUNT_ID, account).map_err(Into::into))
        .collect::<Outcome<Vec<_>>>()?;
    fixture.write(SYSTEM, async |session| session.repository::<Sample>().create_all(rows).await).await?;
    Ok(TenantScope(account))
}

/// The rows with the properties of the schema only: the evaluator knows no others.
fn known(schema: &Schema, rows: &[Value]) -> Vec<Row> {
    let known = |row: &Value| {
        let entries = row.as_object().into_iter().flatten();
        entries
            .filter(|(name, _)| schema.properties.iter().any(|(known, _)| known == name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    rows.iter().map(known).collect()
}

/// Fails with both answers where they differ.
fn agree<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}:\n the database answers {found:?}\n the evaluator {expected:?}").into())
    }
}

async fn filters_select_what_the_evaluator_selects(fixture: &Fixture) -> Outcome {
    let schema = generate::schema();
    let mut seeded = Seeded::new();
    let (telling, all) = (Cell::new(0), Cell::new(0));
    for _ in 0..SETS {
        let rows = seeded.sample(&generate::rows())?;
        let scope = insert(fixture, &rows).await?;
        seeded.check(&generate::filter(&rows), &async |json: &Value| {
            let found = fixture.find::<Sample>(scope, json).await?;
            agree("rows", &known(&schema, &found), &evaluate(&schema, &rows, json)?)?;

            let clause = json!({"where": json.get("where").unwrap_or(&json!({}))});
            let expected = evaluate(&schema, &rows, &clause)?.len() as u64;
            let clause = predicate::<Sample>(&clause["where"])?;
            let session = fixture.store.read(scope);
            agree("count", &session.repository::<Sample>().count(clause.as_ref()).await?, &expected)?;

            telling.set(telling.get() + u32::from(share(&rows, json)? == Share::Some));
            all.set(all.get() + 1);
            Ok(())
        })?;
    }
    let (telling, all) = (telling.get(), all.get());
    assert!(telling * 10 >= all * 3, "only {telling} of {all} filters select some rows and not all");
    Ok(())
}

/// A clause beside others that ask for rows of another tenant, for deleted ones, or simply for all.
fn trick(clause: BoxedStrategy<Value>, ours: Uuid, theirs: Uuid) -> impl Strategy<Value = Value> {
    let beside = select(vec![
        json!({"accountId": theirs}),
        json!({"accountId": {"neq": ours}}),
        json!({"accountId": {"inq": [ours, theirs]}}),
        json!({"accountId": {"nin": [ours]}}),
        json!({"accountId": {"exists": false}}),
        json!({"accountId": {"regexp": "."}}),
        json!({"id": {"exists": true}}),
        json!({"name": {"like": "%"}}),
        json!({"deleted": true}),
        json!({"deleted": {"inq": [true, false]}}),
        json!({"or": [{"deleted": false}, {"accountId": {"neq": null}}]}),
        json!({"and": [{}]}),
    ]);
    (clause, beside.clone(), beside, 0..6).prop_map(|(filter, one, other, form)| {
        let clause = filter.get("where").cloned().unwrap_or(json!({}));
        let clause = match form {
            0 => json!({"or": [clause, one]}),
            1 => json!({"or": [one, clause, other]}),
            2 => json!({"and": [{"or": [clause, one]}, other]}),
            3 => json!({"or": [{"and": [clause, one]}, {"and": [other]}]}),
            4 => json!({"and": [one]}),
            _ => clause,
        };
        let mut filter = filter;
        filter["where"] = clause;
        if let Some(filter) = filter.as_object_mut() {
            filter.remove("fields");
        }
        filter
    })
}

async fn no_filter_reaches_past_its_tenant(fixture: &Fixture) -> Outcome {
    let mut schema = generate::schema();
    schema.properties.extend([("accountId", Type::Uuid), ("deleted", Type::Boolean)]);
    let mut seeded = Seeded::new();
    for _ in 0..SETS {
        let (ours, theirs) = (seeded.sample(&generate::rows())?, seeded.sample(&generate::rows())?);
        let (scope, other) = (insert(fixture, &ours).await?, insert(fixture, &theirs).await?);
        // Every fourth row of ours is deleted.
        let deleted: Vec<_> = ours.iter().step_by(4).filter_map(|row| row.get("id")).collect();
        let clause = predicate::<Sample>(&json!({"id": {"inq": deleted}}))?;
        fixture.write(scope, async |session| session.repository::<Sample>().delete_all(clause.as_ref()).await).await?;
        let mut kept = ours.clone();
        kept.retain(|row| row.get("id").is_some_and(|id| !deleted.contains(&id)));
        for row in &mut kept {
            row.extend([("accountId".to_owned(), json!(scope.0)), ("deleted".to_owned(), json!(false))]);
        }

        let everything: Vec<Row> = ours.iter().chain(&theirs).cloned().collect();
        let tricks = trick(generate::filter(&everything), scope.0, other.0);
        seeded.check(&tricks, &async |json: &Value| {
            let found = fixture.find::<Sample>(scope, json).await?;
            for row in &found {
                agree("tenant and life", &(&row["accountId"], &row["deleted"]), &(&json!(scope.0), &json!(false)))?;
            }
            agree("rows", &known(&schema, &found), &evaluate(&schema, &kept, json)?)?;

            let clause = predicate::<Sample>(&json["where"])?;
            let expected = evaluate(&schema, &kept, &json!({"where": json["where"]}))?.len() as u64;
            let counted = fixture.store.read(scope).repository::<Sample>().count(clause.as_ref()).await?;
            agree("count", &counted, &expected)?;
            let clause = fixture.light::<Sample>(scope, clause).await?;
            let session = fixture.store.write(scope, ACTOR).await?;
            let samples = session.repository::<Sample>();
            let changed = samples.update_all(clause.as_ref(), patch(&json!({"codes": [1]}))?).await?;
            agree("rows changed", &changed, &expected)?;
            agree("rows deleted", &samples.delete_all(clause.as_ref()).await?, &expected)?;
            // Nothing of it is committed.
            Ok(())
        })?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_invalid_is_refused(
        (why, json) in generate::rows().prop_flat_map(|rows| generate::invalid_filter(&rows))
    ) {
        prop_assert!(filter::<Sample>(&json).is_err(), "{}: {}", why, json);
    }
}
