//! Malformed bodies, filters, headers, tokens and paths: each gets its 4xx in the envelope, and nothing changes.

use serde_json::json;

use crate::request::{Request, bad_refusal};
use crate::support::fixture::Database;
use crate::support::server::Server;

/// Parameters of `GET /tenants` in brackets, or as any text: all 400.
const QUERIES: &[&str] = &[
    "filter={",
    "filter=}",
    "filter=5",
    "filter=[]",
    "filter=true",
    "filter=\"x\"",
    "filter=%00",
    "filter=%ff%fe",
    "filter={}&filter={}",
    "filter={}&filter[limit]=1",
    "filter[limit]=abc",
    "filter[limit]=-1",
    "filter[limit]=0",
    "filter[limit]=1.5",
    "filter[limit]=99999999999999999999",
    "filter[limit][x]=1",
    "filter[limit]=1&filter[limit]=2",
    "filter[skip]=-1",
    "filter[skip]=x",
    "filter[skip]=18446744073709551616",
    "filter[offset]=1e400",
    "filter[unknown]=1",
    "filter[order]=unknown ASC",
    "filter[order]=name SIDEWAYS",
    "filter[order]=name ASC; DROP TABLE tenants",
    "filter[fields][unknown]=true",
    "filter[fields]=unknown",
    "filter[fields][name]=maybe",
    "filter[include][]=unknown",
    "filter[include][0][relation]=unknown",
    "filter[include][0][scope][where][a]=1",
    "filter[include]=roles'--",
    "filter[where]=x",
    "filter[where][unknown]=1",
    "filter[where][tenant_id]=1",
    "filter[where][name][unknown]=1",
    "filter[where][status]=x",
    "filter[where][status]=1e999",
    "filter[where][status]=9223372036854775808",
    "filter[where][status][gt]=",
    "filter[where][createdOn][gt]=yesterday",
    "filter[where][createdOn]=2024-02-30T00:00:00Z",
    "filter[where][createdOn]=%2B999999-01-01T00:00:00Z",
    "filter[where][and]=1",
    "filter[where][or][name]=1",
    "filter[where][name][between]=1",
    "filter[where][__proto__][x]=1",
    "filter[where][name][regexp]=(?<=a)b",
    "filter[where][name][regexp]=/a/q",
    "filter[where][a][b][c][d][e][f][g]=1",
    "filter[where][$where]=1",
];

/// The `filter` of `GET /tenants` as JSON: all 400.
const FILTERS: &[&str] = &[
    r#"{"where":{"name":"a\u0000"}}"#,
    r#"{"where":{"a\u0000":1}}"#,
    r#"{"where":{"name":"\ud800"}}"#,
    r#"{"where":{"name":{"inq":"x"}}}"#,
    r#"{"where":{"name":{"between":["a"]}}}"#,
    r#"{"where":{"name":{"between":["a","b","c"]}}}"#,
    r#"{"where":{"name":{"like":5}}}"#,
    r#"{"where":{"name":{"like":null}}}"#,
    r#"{"where":{"and":{}}}"#,
    r#"{"where":{"and":[1]}}"#,
    r#"{"where":{"or":["name"]}}"#,
    r#"{"where":{"status":{"inq":["x"]}}}"#,
    r#"{"where":{"status":1e400}}"#,
    r#"{"where":{"deletedOn":{"lt":"never"}}}"#,
    r#"{"where":{"name":{"regexp":{"a":1}}}}"#,
    r#"{"where":{"constructor":{"prototype":1}}}"#,
    r#"{"where":[]}"#,
    r#"{"where":"1=1"}"#,
    r#"{"order":5}"#,
    r#"{"order":["name",5]}"#,
    r#"{"order":"name\u0000"}"#,
    r#"{"fields":5}"#,
    r#"{"fields":["name","name"]}"#,
    r#"{"fields":{"name":"x"}}"#,
    r#"{"include":"roles"}"#,
    r#"{"include":[5]}"#,
    r#"{"include":[{"relation":5}]}"#,
    r#"{"include":[{"relation":"roles","scope":5}]}"#,
    r#"{"include":[{"relation":"roles","scope":{"include":[{"relation":"unknown"}]}}]}"#,
    r#"{"include":[{"relation":"roles","scope":{"where":{"unknown":1}}}]}"#,
    r#"{"include":[{"relation":"roles","scope":{"order":"unknown"}}]}"#,
    r#"{"include":[{"relation":"users","scope":{"include":[{"relation":"credentials"}]}}]}"#,
    r#"{"limit":null}"#,
    r#"{"limit":{}}"#,
    r#"{"limit":10001}"#,
    r#"{"skip":1.5}"#,
    r#"{"x":1}"#,
    r#"{"limit":1,}"#,
    r"{'limit':1}",
    "{\"limit\":1} x",
    "\u{feff}{}",
    "NaN",
];

/// Bodies of `POST /tenants` that are no JSON: all 400.
const NO_JSON: &[&[u8]] = &[
    b"{",
    b"}",
    b"[1,",
    b"{\"name\":}",
    b"{'name':'x'}",
    b"{\"name\":\"x\",}",
    b"\"unterminated",
    b"nul",
    b"undefined",
    b"\x00",
    b"\xff\xfe",
    b"{\"name\":\"\xc3\x28\"}",
    b"\xef\xbb\xbf{}x",
    b"{\"name\":\"\\ud800\",\"status\":1}",
    b"{\"name\":\"a\nb\",\"status\":1}",
    b"{\"name\":1e400,\"status\":1}",
    b"{} {}",
    b"<xml/>",
    b"name=x&status=1",
    b"{\"__proto__\":{}}",
    b"{\"constructor\":{\"prototype\":{}}}",
    b"",
    b"null",
];

/// Bodies of `POST /tenants` that are JSON and no tenant: all 422.
const NO_TENANT: &[&str] = &[
    "5",
    "\"x\"",
    "true",
    "[]",
    "[{\"name\":\"x\",\"status\":1}]",
    "{}",
    r#"{"name":"x"}"#,
    r#"{"name":"x","status":2}"#,
    r#"{"name":"x","status":"1"}"#,
    r#"{"name":"x","status":null}"#,
    r#"{"name":"x","status":1.5}"#,
    r#"{"name":"x","status":1e300}"#,
    r#"{"name":null,"status":1}"#,
    r#"{"name":5,"status":1}"#,
    r#"{"name":["x"],"status":1}"#,
    r#"{"name":"a\u0000","status":1,"key":"k"}"#,
    r#"{"name":"x","status":1,"unknown":1}"#,
    r#"{"name":"x","status":1,"key\u0000":1}"#,
    r#"{"name":"x","status":1,"id":"a0000000-0000-4000-8000-000000000001"}"#,
    r#"{"name":"x","status":1,"key":5}"#,
    r#"{"name":"x","status":1,"website":{"a":1}}"#,
    r#"{"name":"x","status":1,"createdOn":"yesterday"}"#,
    r#"{"name":"x","status":1,"createdOn":"2024-02-30T00:00:00Z"}"#,
    r#"{"name":"x","status":1,"deleted":"no"}"#,
    r#"{"name":"x","status":1,"tenantConfigs":[]}"#,
];

/// Headers of an otherwise good `POST /tenants`: all 415.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("content-type", "text/plain"),
    ("content-type", "application/xml"),
    ("content-type", "application/merge-patch+json"),
    ("content-type", "multipart/form-data; boundary=x"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "application/json; charset=utf-16"),
    ("content-type", "application/json; charset=koi8-r"),
    ("content-type", "nonsense"),
    ("content-type", "/"),
    ("content-encoding", "gzip"),
    ("content-encoding", "br"),
    ("content-encoding", "rot13"),
];

/// Values of `Authorization`: all 401.
const AUTHORIZATIONS: &[&str] = &[
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  x",
    "Bearer x y",
    "Bearer x.y",
    "Bearer x.y.z",
    "Bearer ...",
    "Bearer e30.e30.",
    "Bearer e30.e30.e30",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.e30.AAAA",
    "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IicgT1IgMT0xIC0tIn0.e30.AAAA",
    "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6Ilx1MDAwMCJ9.e30.AAAA",
    "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6NX0.e30.AAAA",
    "Bearer [object Object]",
    "Basic dXNlcjpwYXNz",
    "Digest x",
    "\u{e9}",
];

/// Ids in the path of a tenant: all 404.
const IDS: &[&str] = &[
    "x",
    "%20",
    "%00",
    "%zz",
    "%",
    "%f",
    "%ff",
    "%2e%2e",
    "%2f",
    "'",
    "1%20OR%201=1",
    "a0000000-0000-4000-8000-00000000000",
    "a0000000-0000-4000-8000-0000000000011",
    "g0000000-0000-4000-8000-000000000001",
    "a0000000000040008000000000000001%00",
    "%F0%9F%A6%80",
    "null",
    "undefined",
    "[object%20Object]",
    "-1",
    "00000000-0000-0000-0000-000000000000",
];

#[test]
fn malformed_requests_on_sqlite() {
    refuses_everything(&Database::sqlite());
}

#[test]
fn malformed_requests_on_postgres() {
    refuses_everything(&Database::postgres());
}

fn refuses_everything(database: &Database) {
    let server = Server::start(&database.url(), &[]);
    database.restore();
    let before = database.tables();
    let request = |line: &str| Request::new(server.address(), line);
    let authorized = |line: &str| request(line).token("master_a");
    let create =
        |body: &[u8]| authorized("POST /tenants").header("content-type", "application/json").body(body.to_vec());
    let good = json!({ "name": "New", "status": 1, "key": "new" }).to_string();
    let named = |text: &str| text.to_owned();

    let mut wrong = Vec::new();
    let mut expect = |status: u16, what: String, request: Request| {
        let answer = request.send();
        let problem = bad_refusal(&answer);
        if answer.status != status || problem.is_some() {
            let body = crate::request::text(&answer);
            wrong.push(format!("{what}: {} instead of {status}: {problem:?} {:.200}", answer.status, body));
        }
    };
    for query in QUERIES {
        expect(400, named(query), authorized(&format!("GET /tenants?{query}")));
    }
    for filter in FILTERS {
        expect(400, named(filter), authorized("GET /tenants").raw_query("filter", filter));
        if filter.starts_with(r#"{"where":"#) && filter.ends_with("}}") {
            let predicate = filter.strip_prefix(r#"{"where":"#).and_then(|text| text.strip_suffix('}')).unwrap();
            expect(400, format!("count {predicate}"), authorized("GET /tenants/count").raw_query("where", predicate));
            let change = authorized("PATCH /tenants").raw_query("where", predicate).json(&json!({ "city": "Nowhere" }));
            expect(400, format!("change {predicate}"), change);
        }
    }
    for body in NO_JSON {
        expect(400, String::from_utf8_lossy(body).into_owned(), create(body));
    }
    for body in NO_TENANT {
        expect(422, named(body), create(body.as_bytes()));
    }
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    expect(400, named("a body nested 100 000 deep"), create(deep(100_000).as_bytes()));
    expect(400, named("a filter nested 1 000 deep"), authorized("GET /tenants").raw_query("filter", &deep(1_000)));
    let nested = format!("{}{{}}{}", "{\"and\":[".repeat(40), "]}".repeat(40));
    expect(400, named("a where nested 40 deep"), authorized("GET /tenants/count").raw_query("where", &nested));
    let include = r#"{"include":[{"relation":"users","scope":{"include":[{"relation":"userTenants","scope":"#.repeat(4);
    let include = format!("{include}{{}}{}", "}]}}]}".repeat(4));
    expect(400, named("includes nested 8 deep"), authorized("GET /tenants").raw_query("filter", &include));
    for (header, value) in MEDIA_TYPES {
        let body = authorized("POST /tenants").body(good.clone().into_bytes());
        expect(415, format!("{header}: {value}"), body.header(header, value));
    }
    for value in AUTHORIZATIONS {
        expect(401, named(value), request("GET /tenants").header("authorization", value));
    }
    let long = "x".repeat(20_000);
    expect(401, named("a token of 20 000 bytes"), request("GET /tenants").bearer(&long));
    for id in IDS {
        for line in ["GET /tenants/{id}", "DELETE /tenants/{id}"] {
            let line = line.replace("{id}", id);
            expect(404, line.clone(), authorized(&line));
        }
        let line = format!("PATCH /tenants/{id}");
        expect(404, line.clone(), authorized(&line).json(&json!({ "city": "Nowhere" })));
    }
    assert!(wrong.is_empty(), "{} requests are answered otherwise:\n{}", wrong.len(), wrong.join("\n"));

    assert_eq!(database.tables(), before, "nothing was written");
    let written = server.log();
    assert!(!written.contains("panicked") && !written.contains("\"level\":\"ERROR\""), "{written}");
}
