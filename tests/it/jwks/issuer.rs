//! An issuer on the loopback interface: answers every request with its key set, and can go away and come back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value as Json, json};

/// The public half of a key as a key set holds it (RFC 7517).
pub(super) fn published(key: &EncodingKey, algorithm: Algorithm, key_id: &str) -> Json {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).expect("the key has a public half");
    jwk.common.key_id = Some(key_id.to_owned());
    serde_json::to_value(jwk).expect("a key is JSON")
}

#[derive(Default)]
struct State {
    answer: Mutex<String>,
    asked: AtomicUsize,
    stopped: AtomicBool,
}

/// An issuer while it runs; it ends with the test.
pub(super) struct Issuer {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Issuer {
    /// Starts one that publishes these keys.
    pub(super) fn start(keys: &[Json]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let mut issuer = Self { address, state: Arc::default(), thread: None };
        issuer.publish(keys);
        issuer.run(listener);
        issuer
    }

    /// Where its key set is.
    pub(super) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// Publishes other keys from now on.
    pub(super) fn publish(&self, keys: &[Json]) {
        self.say("200 OK", &json!({ "keys": keys }).to_string());
    }

    /// Answers with this status and body from now on.
    pub(super) fn say(&self, status: &str, body: &str) {
        *self.state.answer.lock().unwrap() = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Goes away: connections are refused.
    pub(super) fn stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.state.stopped.store(true, Ordering::SeqCst);
            // One more connection lets the thread see it.
            drop(TcpStream::connect(self.address));
            thread.join().expect("the issuer does not fail");
        }
    }

    /// Comes back under the same address.
    pub(super) fn restart(&mut self) {
        self.state.stopped.store(false, Ordering::SeqCst);
        self.run(TcpListener::bind(self.address).expect("the port is still free"));
    }

    fn run(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        self.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if state.stopped.load(Ordering::SeqCst) {
                    return;
                }
                state.asked.fetch_add(1, Ordering::SeqCst);
                let answer = state.answer.lock().unwrap().clone();
                // A client that does not wait for the answer is its own affair.
                let _ = serve(&stream, &answer);
            }
        }));
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(mut stream: &TcpStream, answer: &str) -> std::io::Result<()> {
    let head = BufReader::new(stream).lines();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    stream.write_all(answer.as_bytes())
}
