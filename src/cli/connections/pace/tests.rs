//! Readers of every pace, and whose connection ends.

use std::io::ErrorKind::TimedOut;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::sleep;

use super::*;

/// Takes so many bytes a second for a minute; whether 10 MB were written to who does, or what they ended with.
async fn read_at(bytes_a_second: usize) -> io::Result<()> {
    let (ours, theirs) = duplex(4 * 1024);
    let reader = tokio::spawn(take(theirs, bytes_a_second));
    let mut paced = Paced::new(ours, Duration::from_secs(30));
    let outcome = tokio::time::timeout(Duration::from_mins(1), paced.write_all(&vec![0; 10_000_000])).await;
    reader.abort();
    outcome.unwrap_or(Ok(()))
}

async fn take(mut stream: DuplexStream, bytes_a_second: usize) {
    let mut part = vec![0; bytes_a_second / 4];
    while stream.read_exact(&mut part).await.is_ok() {
        sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_next_to_nothing_is_ended_and_who_takes_something_is_not() {
    for too_slow in [4, 400, 7_000] {
        assert_eq!(read_at(too_slow).await.map_err(|error| error.kind()), Err(TimedOut), "{too_slow}");
    }
    for slow in [17_000, 40_000] {
        assert_eq!(read_at(slow).await.map_err(|error| error.kind()), Ok(()), "{slow}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_is_ended_and_who_is_idle_is_not() {
    let (ours, mut theirs) = duplex(4);
    let mut paced = Paced::new(ours, Duration::from_secs(30));
    for _ in 0..100 {
        paced.write_all(b"1234").await.unwrap();
        sleep(Duration::from_secs(20)).await;
        theirs.read_exact(&mut [0; 4]).await.unwrap();
    }
    let begun = Instant::now();
    assert_eq!(paced.write_all(b"12345").await.unwrap_err().kind(), TimedOut);
    assert_eq!(begun.elapsed().as_secs(), 30);
}
