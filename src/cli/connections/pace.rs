//! Ends the connection of a client that reads its answers too slowly: the place, and the room of a long answer, are for others.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::{Instant, Sleep, sleep_until};

/// What a client takes in a second at least, in bytes, once its patience is used up: 128 kbit/s.
const SLOWEST: f64 = 16.0 * 1024.0;

/// What is written to a client, which may wait for them, all in all, as long as the patience. What the client takes gives
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

#[cfg(test)]
mod tests;
