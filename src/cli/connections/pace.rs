//! Ends the connection of a client that takes its answers too slowly, so that nobody keeps a place, or the room of a long answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// What a client takes in a second at least, in bytes, once its patience is used up: 128 kbit/s.
const SLOWEST: f64 = 16.0 * 1024.0;

/// A connection whose writes may wait for the client, all in all, as long as the patience. What the client takes gives
/// patience back, as much as taking it at the slowest rate lasts; an idle connection uses none.
pub(super) struct Paced<S> {
    stream: S,
    patience: Duration,
    left: Duration,
    /// Since when a write waits, and the end of what is left.
    waits: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, left: patience, waits: None }
    }

    /// Accounts for the outcome of a write.
    fn written(&mut self, outcome: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Poll::Ready(outcome) = outcome else {
            let (_, end) = self.waits.get_or_insert_with(|| {
                let now = Instant::now();
                (now, Box::pin(sleep_until(now + self.left)))
            });
            ready!(end.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        if let Some((since, _)) = self.waits.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        if let Ok(bytes) = outcome
            && self.left < self.patience
        {
            #[expect(clippy::cast_precision_loss, reason = "a write is far shorter than 2^52 bytes")]
            let lasts = Duration::from_secs_f64(bytes as f64 / SLOWEST);
            self.left = self.patience.min(self.left + lasts);
        }
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(outcome, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

#[cfg(test)]
mod tests {
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
}
