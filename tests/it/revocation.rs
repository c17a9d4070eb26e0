//! Tokens that the authentication service has revoked, in a real Redis: what counts, for how long, and what happens without it.

use std::time::{Duration, Instant};

use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::support::redis::Redis;
use crate::support::token::token;
use crate::world::World;

/// How long a change may take to be felt on a busy machine; a second is what is promised.
const PATIENCE: Duration = Duration::from_secs(30);

fn world(redis: &Redis, settings: &[(&str, &str)]) -> World {
    World::with(Database::sqlite(), &[&[("REDIS_URL", redis.url())], settings].concat())
}

fn send(world: &World, line: &str, token: &str) -> Answer {
    world.request(line).bearer(token).send()
}

#[track_caller]
fn eventually(world: &World, token: &str, wanted: u16) -> Answer {
    let start = Instant::now();
    loop {
        let answer = send(world, "GET /tenants", token);
        if answer.status == wanted {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "still {} instead of {wanted}: {}", answer.status, text(&answer));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the authentication service writes, with the packer that it has by default: `MessagePack` of `{token}`.
fn message_pack(token: &str) -> Vec<u8> {
    let length = u16::try_from(token.len()).unwrap().to_be_bytes();
    [b"\x81\xa5token\xda".as_slice(), &length, token.as_bytes()].concat()
}

fn key(token: &str) -> Vec<u8> {
    format!("_kvModel:{token}").into_bytes()
}

#[test]
fn a_token_that_was_revoked_is_refused_whatever_is_written() {
    let redis = Redis::start();
    let world = world(&redis, &[]);
    let json_value = |token: &str| format!(r#"{{"token":"{token}"}}"#).into_bytes();
    let other = token("admin_a");
    for (profile, command, value) in [
        ("only:ViewTenant", "SET", message_pack(&token("only:ViewTenant"))),
        ("allbut:1", "SET", json_value(&token("allbut:1"))),
        ("allbut:2", "SET", Vec::new()),
        ("allbut:3", "RPUSH", b"anything".to_vec()),
    ] {
        let token = token(profile);
        assert_eq!(send(&world, "GET /tenants", &token).status, 200, "{profile}");
        redis.ask(&[command.as_bytes(), &key(&token), &value]);
        let answer = eventually(&world, &token, 401);
        assert_eq!(
            text(&answer),
            r#"{"error":{"statusCode":401,"name":"UnauthorizedError","message":{"message":"TokenRevoked"},"code":"TOKEN_REVOKED"}}"#
        );
        let ours = send(&world, "GET /permissions", &token);
        assert_eq!((ours.status, json(&ours)["code"].as_str()), (401, Some("TOKEN_REVOKED")));
        // What is revoked stays so, though it is forgotten there.
        redis.ask(&[b"DEL", &key(&token)]);
        std::thread::sleep(Duration::from_millis(1_100));
        assert_eq!(send(&world, "GET /tenants", &token).status, 401, "{profile}");
        assert_eq!(send(&world, "GET /tenants", &other).status, 200);
    }
    let metrics = text(&world.request("GET /metrics").send());
    assert!(metrics.contains("user_tenant_service_revocation_questions_total{outcome=\"revoked\"} 4\n"), "{metrics}");
    assert!(metrics.contains("user_tenant_service_authentication_failures_total{reason=\"revoked\"}"), "{metrics}");
}

#[test]
fn nothing_else_in_redis_revokes_a_token() {
    let redis = Redis::start();
    let world = world(&redis, &[]);
    let token = token("admin_a");
    for key in [token.clone(), format!("RevokedToken:{token}"), format!("_kvModel:{token}x"), "_kvModel:".to_owned()] {
        redis.ask(&[b"SET", key.as_bytes(), &message_pack(&token)]);
    }
    for _ in 0..2 {
        assert_eq!(send(&world, "GET /tenants", &token).status, 200);
        std::thread::sleep(Duration::from_millis(1_100));
    }
}

/// Whoever is refused by signature or time asks nothing of Redis, and no other spelling of a revoked token is taken.
#[test]
fn strangers_cost_no_question_and_a_revoked_token_has_one_spelling() {
    let redis = Redis::start();
    let world = world(&redis, &[]);
    for profile in ["rogue_sig", "expired", "no_exp", "wrong_iss", "alg_none", "tampered", "garbage", "unknown_kid"] {
        assert_eq!(world.request("GET /tenants").token(profile).send().status, 401, "{profile}");
    }
    assert!(!redis.ask(&[b"INFO", b"commandstats"]).contains("cmdstat_exists"));
    let token = token("admin_a");
    redis.ask(&[b"SET", &key(&token), b"1"]);
    assert_eq!(send(&world, "GET /tenants", &token).status, 401);
    // The last letter of 256 bytes carries two bits that count.
    let (rest, last) = token.split_at(token.len() - 1);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let others = letters.chars().filter(|letter| letter.to_string() != last).map(|letter| format!("{rest}{letter}"));
    for spelling in others.chain([format!("{token}="), format!("{token}=="), format!("{token}.")]) {
        assert_eq!(send(&world, "GET /tenants", &spelling).status, 401, "{spelling}");
    }
    assert!(redis.ask(&[b"INFO", b"commandstats"]).contains("cmdstat_exists:calls=1,"));
}

#[test]
fn h57_without_redis_nobody_is_let_in_until_it_is_back() {
    let redis = Redis::start();
    let world = world(&redis, &[]);
    let token = token("admin_a");
    assert_eq!(send(&world, "GET /tenants", &token).status, 200);
    assert_eq!(json(&world.request("GET /health/ready").send())["redis"], "up");
    redis.stop();
    let answer = eventually(&world, &token, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!text(&answer).to_lowercase().contains("redis"), "{}", text(&answer));
    assert_eq!(world.request("GET /health/ready").send().status, 503);
    assert_eq!(world.request("GET /health/live").send().status, 200);
    assert!(text(&world.request("GET /metrics").send()).contains("user_tenant_service_redis_up 0\n"));
    // Strangers are told what they are told ever.
    assert_eq!(world.request("GET /tenants").token("rogue_sig").send().status, 401);
    redis.start_again();
    eventually(&world, &token, 200);
    assert!(text(&world.request("GET /metrics").send()).contains("user_tenant_service_redis_up 1\n"));
    redis.ask(&[b"SET", &key(&token), b"1"]);
    eventually(&world, &token, 401);
    let log = world.server.log();
    assert_eq!(log.matches("Redis does not answer: which tokens").count(), 1, "{log}");
}

#[test]
fn where_it_may_fail_open_requests_go_on_and_what_is_known_stays() {
    let redis = Redis::start();
    let world = world(&redis, &[("REVOCATION_FAIL_OPEN", "true")]);
    let (good, revoked) = (token("admin_a"), token("only:ViewTenant"));
    redis.ask(&[b"SET", &key(&revoked), b"1"]);
    assert_eq!(send(&world, "GET /tenants", &revoked).status, 401);
    redis.stop();
    std::thread::sleep(Duration::from_millis(1_100));
    for _ in 0..5 {
        assert_eq!(send(&world, "GET /tenants", &good).status, 200);
        assert_eq!(send(&world, "GET /tenants", &revoked).status, 401);
    }
    let ready = world.request("GET /health/ready").send();
    assert_eq!((ready.status, json(&ready)["redis"].as_str()), (200, Some("down")));
    redis.start_again();
    redis.ask(&[b"SET", &key(&good), b"1"]);
    eventually(&world, &good, 401);
}

#[test]
fn the_settings_of_the_original_lead_there_too() {
    let redis = Redis::start();
    redis.ask(&[b"CONFIG", b"SET", b"requirepass", b"a secret / of: odd@letters"]);
    let port = redis.port();
    let settings = |password: &'static str, database: &'static str| {
        [
            ("REDIS_HOST", "127.0.0.1".to_owned()),
            ("REDIS_PORT", port.clone()),
            ("REDIS_PASSWORD", password.to_owned()),
            ("REDIS_DATABASE", database.to_owned()),
        ]
    };
    let start = |settings: &[(&str, String)]| {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        World::with(Database::sqlite(), &[&[("REVOCATION_FAIL_OPEN", "true")], settings.as_slice()].concat())
    };
    let wrong = start(&settings("another", "3"));
    assert_eq!(json(&wrong.request("GET /health/ready").send())["redis"], "down");
    let right = start(&settings("a secret / of: odd@letters", "3"));
    assert_eq!(json(&right.request("GET /health/ready").send())["redis"], "up");
    let elsewhere = start(&settings("a secret / of: odd@letters", "0"));
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/3")).unwrap();
    let info = redis::IntoConnectionInfo::into_connection_info(client.get_connection_info().addr().clone()).unwrap();
    let settings = redis::RedisConnectionInfo::default().set_password("a secret / of: odd@letters").set_db(3);
    let mut connection = redis::Client::open(info.set_redis_settings(settings)).unwrap().get_connection().unwrap();
    let token = token("admin_a");
    redis::cmd("SET").arg(key(&token)).arg("1").exec(&mut connection).unwrap();
    assert_eq!(send(&right, "GET /tenants", &token).status, 401);
    assert_eq!(send(&elsewhere, "GET /tenants", &token).status, 200, "another database of the server");
    redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("").exec(&mut connection).unwrap();
}
