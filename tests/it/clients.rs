//! Clients that teams have: a react-admin data provider and the filter builder of `LoopBack`, from npm and unmodified.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};
use user_tenant_filter_evaluator::{Row, Schema, Type, evaluate};

use crate::request::{json, text};
use crate::support::{npm, token};
use crate::world::{World, on_both};

/// What the provider of react-admin is used for, in this order.
const STEPS: &str = "list sort filter create page read \"read many\" \"read by reference\" update \"update many\" delete \"delete many\" refusal";
const FILTERS: usize = 1_000;

fn node(script: &str, environment: &[(&str, &str)], input: &Json) -> Output {
    let mut node = Command::new("node")
        .arg(script)
        .current_dir(npm::installed("clients"))
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let mut stdin = node.stdin.take().expect("node reads");
    stdin.write_all(input.to_string().as_bytes()).expect("node reads all");
    drop(stdin);
    let output = node.wait_with_output().expect("node ends");
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{script}:\n{stdout}{stderr}");
    output
}

on_both!(react_admin_manages_tenants);
fn react_admin_manages_tenants(world: &World) {
    let service = format!("http://{}", world.server.address());
    let environment = [("SERVICE", service.as_str()), ("TOKEN", &token::token("master_a"))];
    let output = node("react-admin.js", &environment, &Json::Null);
    let done = String::from_utf8(output.stdout).expect("steps are text");
    let done: Vec<_> =
        done.lines().map(|step| if step.contains(' ') { format!("{step:?}") } else { step.into() }).collect();
    assert_eq!(done.join(" "), STEPS);
}

/// Tenants of many kinds, made over HTTP: the fixture's three and forty more.
fn tenants(world: &World) -> Vec<Row> {
    let words = ["Ash", "birch", "Cedar", "Übermaß", "50%_off", "elm\\", "O'Neil", "fir tree"];
    for number in 0..40_usize {
        let pick = |from: usize| words[(number * 7 + from) % words.len()];
        let mut tenant = json!({
            "name": format!("{} {}", pick(0), number % 6), "key": format!("k{number:02}"), "status": number % 2,
        });
        for (at, name) in ["city", "zip", "website", "address"].into_iter().enumerate() {
            if !(number + at).is_multiple_of(3) {
                tenant[name] = json!(format!("{}{}", pick(at), number % (2 + at)));
            }
        }
        let answer = world.request("POST /tenants").token("master_a").json(&tenant).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
    }
    let rows = json(&world.request("GET /tenants").token("master_a").send());
    rows.as_array().expect("a list").iter().map(|row| row.as_object().expect("a row").clone()).collect()
}

fn schema() -> Schema {
    const TEXTS: [&str; 11] = [
        "deletedBy",
        "createdBy",
        "modifiedBy",
        "name",
        "key",
        "website",
        "address",
        "city",
        "state",
        "zip",
        "country",
    ];
    let times = ["deletedOn", "createdOn", "modifiedOn"].map(|name| (name, Type::Timestamp));
    let others = [("id", Type::Uuid), ("deleted", Type::Boolean), ("status", Type::Integer)];
    Schema { properties: TEXTS.map(|name| (name, Type::Text)).into_iter().chain(times).chain(others).collect() }
}

on_both!(filters_of_loopback_are_answered_as_the_evaluator_says);
fn filters_of_loopback_are_answered_as_the_evaluator_says(world: &World) {
    let rows = tenants(world);
    let seed = std::env::var("FILTERS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u32 = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_fields().0);
    let output = node("filters.js", &[], &json!({ "rows": rows, "seed": seed, "count": FILTERS }));
    let filters = String::from_utf8(output.stdout).expect("filters are text");
    let (mut asked, mut telling) = (0, 0);
    for filter in filters.lines().map(|line| serde_json::from_str::<Json>(line).expect("a filter is JSON")) {
        let what = format!("{filter}; again with FILTERS_SEED={seed}");
        let expected = evaluate(&schema(), &rows, &filter).unwrap_or_else(|error| panic!("{error}: {what}"));
        let answer = world.request("GET /tenants").token("master_a").query("filter", &filter).send();
        assert_eq!(answer.status, 200, "{}: {what}", text(&answer));
        assert_eq!(json(&answer), json!(expected), "{what}");
        let condition = filter.get("where").cloned().unwrap_or_else(|| json!({}));
        let matching = evaluate(&schema(), &rows, &json!({ "where": condition })).expect("it was valid before").len();
        let counted = world.request("GET /tenants/count").token("master_a").query("where", &condition).send();
        assert_eq!(json(&counted), json!({ "count": matching }), "{what}");
        telling += usize::from(matching > 0 && matching < rows.len());
        asked += 1;
    }
    assert_eq!(asked, FILTERS);
    assert!(telling * 10 >= asked * 3, "only {telling} of {asked} filters select some rows and not all");
}
