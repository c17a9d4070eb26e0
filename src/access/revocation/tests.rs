//! Revoked tokens against a Redis of the test's own, which lies: it answers what the test says, and counts questions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{AFTER_A_FAILURE, Revocations, RevokedTokens};
use crate::access::token::TokenError;
use crate::telemetry::metrics::Metrics;

/// What a server answers that knows no more of Redis than one question needs.
#[derive(Clone, Default)]
struct Server {
    /// What `EXISTS` is answered; negative for nothing at all.
    exists: Arc<AtomicI64>,
    questions: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(server.clone().answer(stream));
            }
        });
        url
    }

    async fn answer(self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut words = Vec::new();
            for _ in 0..line(&mut stream, '*').await? {
                let mut word = vec![0; line(&mut stream, '$').await? + 2];
                stream.read_exact(&mut word).await?;
                words.push(String::from_utf8_lossy(&word).trim().to_owned());
            }
            if words.first().is_some_and(|word| word == "EXISTS") {
                assert!(words[1].starts_with("_kvModel:token"), "{words:?}");
                self.questions.fetch_add(1, Ordering::SeqCst);
                let exists = self.exists.load(Ordering::SeqCst);
                if exists < 0 {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                }
                // Long enough for a crowd to gather.
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.write_all(format!(":{exists}\r\n").as_bytes()).await?;
            } else {
                stream.write_all(b"+OK\r\n").await?;
            }
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>, first: char) -> std::io::Result<usize> {
    let mut text = String::new();
    if stream.read_line(&mut text).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim().trim_start_matches(first).parse().unwrap())
}

fn tokens(url: &str, fail_open: bool) -> Arc<RevokedTokens> {
    let options = Revocations::redis(url).unwrap().fail_open(fail_open);
    Arc::new(RevokedTokens::new(options, Arc::new(Metrics::new().unwrap())).unwrap())
}

async fn outcome(tokens: &RevokedTokens, number: u8) -> &'static str {
    match tokens.check(&format!("token{number}"), [number; 32], Duration::from_mins(1)).await {
        Ok(()) => "ok",
        Err(error) => error.reason(),
    }
}

#[tokio::test]
async fn a_crowd_asks_once_and_over_one_connection() {
    let server = Server::default();
    let tokens = tokens(&server.start().await, false);
    let crowd: Vec<_> = (0..100u8)
        .map(|number| {
            let tokens = tokens.clone();
            tokio::spawn(async move { outcome(&tokens, number % 2).await })
        })
        .collect();
    for one in crowd {
        assert_eq!(one.await.unwrap(), "ok");
    }
    assert_eq!((server.questions.load(Ordering::SeqCst), server.connections.load(Ordering::SeqCst)), (2, 1));
    assert_eq!(outcome(&tokens, 0).await, "ok");
    assert_eq!(server.questions.load(Ordering::SeqCst), 2, "remembered");
}

#[tokio::test]
async fn good_counts_for_a_second_and_revoked_for_good() {
    let server = Server::default();
    let tokens = tokens(&server.start().await, false);
    assert_eq!(outcome(&tokens, 1).await, "ok");
    server.exists.store(1, Ordering::SeqCst);
    let began = std::time::Instant::now();
    while outcome(&tokens, 1).await == "ok" {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.exists.store(0, Ordering::SeqCst);
    let asked = server.questions.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(outcome(&tokens, 1).await, "revoked");
    assert_eq!(server.questions.load(Ordering::SeqCst), asked, "nobody is asked again");
}

/// A server that takes questions and says nothing: one wait for all, then a refusal at once.
#[tokio::test]
async fn of_a_silent_server_no_crowd_waits_one_after_the_other() {
    let server = Server::default();
    server.exists.store(-1, Ordering::SeqCst);
    let url = server.start().await;
    let (closed, open) = (tokens(&url, false), tokens(&url, true));
    assert_eq!(outcome(&closed, 1).await, "revocations_unavailable");
    let asked = server.questions.load(Ordering::SeqCst);
    for number in 2..50 {
        assert_eq!(outcome(&closed, number).await, "revocations_unavailable");
    }
    assert!(server.questions.load(Ordering::SeqCst) < asked + 10, "a failure counts for those that follow");
    assert_eq!(outcome(&open, 1).await, "ok");
    // Whoever finds out whether it is back waits for a second; the others do not.
    tokio::time::sleep(AFTER_A_FAILURE).await;
    let one = tokio::spawn({
        let closed = closed.clone();
        async move { outcome(&closed, 50).await }
    });
    let began = server.questions.load(Ordering::SeqCst);
    while server.questions.load(Ordering::SeqCst) == began {
        tokio::task::yield_now().await;
    }
    for number in 51..100 {
        assert_eq!(outcome(&closed, number).await, "revocations_unavailable");
    }
    assert!(!one.is_finished(), "it still waits");
    assert_eq!(one.await.unwrap(), "revocations_unavailable");
    server.exists.store(1, Ordering::SeqCst);
    let began = std::time::Instant::now();
    while outcome(&closed, 1).await != "revoked" {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn no_password_is_shown_and_no_odd_address_taken() {
    let revocations = Revocations::redis("rediss://ann:hidden@cache.example:6380/3").unwrap();
    assert!(!format!("{revocations:?}").contains("hidden"));
    for url in
        ["", "http://cache.example", "cache.example:6379", "unix:///run/redis", "rediss://cache.example/#insecure"]
    {
        assert!(Revocations::redis(url).is_err(), "{url}");
    }
    let error = TokenError::RevocationsUnavailable("down".into());
    assert_eq!(error.reason(), "revocations_unavailable");
}
