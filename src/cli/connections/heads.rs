//! Ends a connection whose next request does not come in time: soon where its head has begun, later where it idles.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A head that did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the head of a request was not complete in time")]
pub(super) struct TooLate;

/// A head for which there was no room.
#[derive(Debug, thiserror::Error)]
#[error("the heads of all connections take as much as they may together")]
pub(super) struct NoRoom;

/// What a head may take without being counted: so much the server sets aside for each connection.
const FREE: usize = 8 * 1024;
/// What all heads may take beyond that together.
const MOST: usize = 32 * 1024 * 1024;
/// What those of one client address may take of it.
const MOST_OF_ADDRESS: usize = MOST / 4;
/// How long a connection that takes some of it has for its head while half of it is taken. Between requests it has no time
/// then, since it gives nothing back before it ends.
const SHORT: Duration = Duration::from_secs(2);

/// What the heads of several connections take.
pub(super) type Taken = Arc<AtomicUsize>;

/// The room for the heads of all connections, as one of them sees it.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// What all take.
    all: Taken,
    /// What those of the same client address take; none of a proxy, whose clients are many.
    of_address: Option<Taken>,
    /// The longest head, in bytes: the server keeps no more of what comes, a body for example that it does not want.
    longest: usize,
}

impl Room {
    /// The room for heads of so many bytes at most.
    pub(super) fn new(longest: usize) -> Self {
        Self { all: Taken::default(), of_address: None, longest }
    }

    /// The same for a connection of an address whose heads take this.
    pub(super) fn of(&self, of_address: Option<Taken>) -> Self {
        Self { of_address, ..self.clone() }
    }

    /// Takes so much more; false where there is not as much.
    fn take(&self, bytes: usize) -> bool {
        let is_there = |taken: &Taken, most| taken.fetch_add(bytes, Ordering::Relaxed) + bytes <= most;
        let of_address = self.of_address.as_ref().is_none_or(|taken| is_there(taken, MOST_OF_ADDRESS));
        is_there(&self.all, MOST) && of_address
    }

    fn give_back(&self, bytes: usize) {
        for taken in std::iter::once(&self.all).chain(&self.of_address) {
            taken.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn is_short(&self) -> bool {
        self.all.load(Ordering::Relaxed) > MOST / 2
    }
}

/// Of a connection, how often a request has begun and ended.
#[derive(Debug, Clone)]
pub(super) struct Work(Arc<Progress>);

#[derive(Debug)]
struct Progress {
    /// Odd while a request is at work.
    turns: AtomicUsize,
    /// When the connection began.
    start: Instant,
    /// When the last request ended, in milliseconds after the start.
    ended: AtomicU64,
}

impl Default for Work {
    fn default() -> Self {
        Self(Arc::new(Progress { turns: AtomicUsize::new(0), start: Instant::now(), ended: AtomicU64::new(0) }))
    }
}

impl Work {
    /// A request is at work until what is returned is dropped.
    pub(super) fn begin(&self) -> AtWork {
        self.0.turns.fetch_add(1, Ordering::Relaxed);
        AtWork(self.0.clone())
    }

    /// When the last request ended.
    fn ended(&self) -> Instant {
        self.0.start + Duration::from_millis(self.0.ended.load(Ordering::Relaxed))
    }
}

/// A request that is being answered.
pub(super) struct AtWork(Arc<Progress>);

impl Drop for AtWork {
    fn drop(&mut self) {
        let ended = self.0.start.elapsed().as_millis();
        self.0.ended.store(u64::try_from(ended).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.turns.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a client sends, which ends where its next request is late. Of the first one no byte need be there for its time to
/// count.
pub(super) struct Heads<S> {
    stream: S,
    /// How long from the first byte of a head to its end.
    head: Duration,
    /// How long between requests.
    idle: Duration,
    work: Work,
    /// What `work` was when it was last looked at.
    seen: usize,
    /// Whether a byte of the next head has come.
    has_begun: bool,
    room: Room,
    /// How many bytes of the next head have come.
    length: usize,
    /// What the longest head has taken of the room of all: the server keeps it until the connection ends.
    taken: usize,
    /// Until when the next head must have begun, or be complete.
    end: Instant,
    timer: Pin<Box<Sleep>>,
}

impl<S> Heads<S> {
    pub(super) fn new(stream: S, head: Duration, idle: Duration, work: Work, room: Room) -> Self {
        let now = Instant::now();
        // Whichever comes first; it is moved when it has run out.
        let (end, timer) = (now + head, Box::pin(sleep_until(now + head.min(idle))));
        Self { stream, head, idle, work, seen: 0, has_begun: false, room, length: 0, taken: 0, end, timer }
    }

    /// Counts bytes of a head; false where there is no room for them.
    fn count(&mut self, bytes: usize) -> bool {
        self.length = (self.length + bytes).min(self.room.longest);
        let more = self.length.saturating_sub(FREE).saturating_sub(self.taken);
        if more == 0 {
            return true;
        }
        self.taken += more;
        self.room.take(more)
    }

    /// Sees to it that this is polled again while it may idle: the server need not read once more when a request has ended.
    fn watch(&mut self, context: &mut Context<'_>) {
        while self.timer.as_mut().poll(context).is_ready() {
            let again = Instant::now() + self.idle;
            self.timer.as_mut().reset(again);
        }
    }

    /// Ready when the next request is late. The timer is moved when it has run out, not with each request.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() > self.end {
            self.timer.as_mut().reset(self.end);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= self.end {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.end);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, into);
        let work = self.work.0.turns.load(Ordering::Relaxed);
        if work != self.seen {
            self.seen = work;
            self.has_begun = false;
            self.length = 0;
            // Nobody may have read since.
            let idles_short = self.taken > 0 && self.room.is_short();
            self.end = self.work.ended() + if idles_short { Duration::ZERO } else { self.idle };
        }
        if !work.is_multiple_of(2) {
            if outcome.is_pending() {
                self.watch(context);
            }
            return outcome;
        }
        if outcome.is_pending() {
            if self.has_begun && self.taken > 0 && self.room.is_short() {
                self.end = self.end.min(Instant::now() + SHORT);
            }
            ready!(self.poll_late(context));
            // An idle connection ends as if its client had ended it.
            let late = || Err(io::Error::new(io::ErrorKind::TimedOut, TooLate));
            return Poll::Ready(if self.has_begun { late() } else { Ok(()) });
        }
        let bytes = into.filled().len() - before;
        if bytes > 0 && !self.has_begun {
            self.has_begun = true;
            if work > 0 {
                self.end = Instant::now() + self.head;
            }
        }
        if self.count(bytes) { outcome } else { Poll::Ready(Err(io::Error::other(NoRoom))) }
    }
}

impl<S> Drop for Heads<S> {
    fn drop(&mut self) {
        self.room.give_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;

    const HEAD: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(75);
    const LONGEST: usize = 32 * 1024;

    fn connection() -> (Heads<DuplexStream>, DuplexStream, Work) {
        let (ours, theirs) = duplex(64);
        let work = Work::default();
        (Heads::new(ours, HEAD, IDLE, work.clone(), Room::new(LONGEST)), theirs, work)
    }

    /// What the next read brings, or how it fails, and after how many seconds.
    async fn read(heads: &mut Heads<DuplexStream>) -> (Result<usize, io::ErrorKind>, u64) {
        let begun = Instant::now();
        let outcome = heads.read(&mut [0; 64]).await.map_err(|error| error.kind());
        (outcome, begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_head_is_waited_for_once() {
        let (mut heads, _theirs, _) = connection();
        assert_eq!(read(&mut heads).await, (Ok(0), 10), "nothing came");
        let (mut heads, mut theirs, _) = connection();
        sleep(Duration::from_secs(4)).await;
        theirs.write_all(b"GET ").await.unwrap();
        assert_eq!(read(&mut heads).await, (Ok(4), 0));
        assert_eq!(read(&mut heads).await, (Err(io::ErrorKind::TimedOut), 6), "counted from the beginning");
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_a_connection_may_idle_and_within_a_head_not() {
        let (mut heads, mut theirs, work) = connection();
        for _ in 0..3 {
            theirs.write_all(b"GET / ...").await.unwrap();
            read(&mut heads).await.0.unwrap();
            let at_work = work.begin();
            let long = tokio::time::timeout(Duration::from_secs(500), heads.read(&mut [0; 64])).await;
            assert!(long.is_err(), "a request at work has time");
            drop(at_work);
            let idle = tokio::time::timeout(Duration::from_secs(74), heads.read(&mut [0; 64])).await;
            assert!(idle.is_err(), "it idles");
        }
        theirs.write_all(b"GET").await.unwrap();
        assert_eq!(read(&mut heads).await, (Ok(3), 0));
        assert_eq!(read(&mut heads).await, (Err(io::ErrorKind::TimedOut), 10));
    }

    #[tokio::test]
    async fn heads_together_take_so_much_and_no_more() {
        let room = Room::new(LONGEST);
        let mut kept = Vec::new();
        let refused = loop {
            let (ours, mut theirs) = duplex(64 * 1024);
            let mut heads = Heads::new(ours, HEAD, IDLE, Work::default(), room.clone());
            theirs.write_all(&vec![b'x'; 30_000]).await.unwrap();
            match heads.read(&mut vec![0; 40_000]).await {
                Ok(_) => kept.push(heads),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.to_string(), NoRoom.to_string());
        assert_eq!(kept.len(), MOST / (30_000 - FREE));
        kept.clear();
        assert_eq!(room.all.load(Ordering::Relaxed), 0, "all is given back");
    }

    #[tokio::test]
    async fn the_heads_of_one_address_take_a_quarter() {
        let room = Room::new(LONGEST);
        let ours = Taken::default();
        let head = async |of_address: Option<&Taken>| {
            let (ours, mut theirs) = duplex(64 * 1024);
            let mut heads = Heads::new(ours, HEAD, IDLE, Work::default(), room.of(of_address.cloned()));
            theirs.write_all(&vec![b'x'; 30_000]).await.unwrap();
            heads.read(&mut vec![0; 40_000]).await.map(|_| heads)
        };
        let mut kept = Vec::new();
        while let Ok(heads) = head(Some(&ours)).await {
            kept.push(heads);
        }
        assert_eq!(kept.len(), MOST_OF_ADDRESS / (30_000 - FREE));
        assert!(head(Some(&Taken::default())).await.is_ok(), "another address has its own");
        assert!(head(None).await.is_ok(), "a proxy has the clients of many");
        kept.clear();
        assert_eq!(ours.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_that_nobody_wants_counts_as_a_head_at_most() {
        let (ours, mut theirs) = duplex(2 * 1024 * 1024);
        let room = Room::new(LONGEST);
        let mut heads = Heads::new(ours, HEAD, IDLE, Work::default(), room.clone());
        theirs.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
        for _ in 0..10 {
            heads.read_exact(&mut vec![0; 100_000]).await.unwrap();
        }
        assert_eq!(room.all.load(Ordering::Relaxed), LONGEST - FREE);
    }

    #[tokio::test(start_paused = true)]
    async fn while_room_is_short_who_takes_some_has_little_time() {
        for (others, idles, heads_take) in [(0, 75, 10), (MOST / 2, 0, 2)] {
            let (ours, mut theirs) = duplex(64 * 1024);
            let (room, work) = (Room::new(LONGEST), Work::default());
            room.all.fetch_add(others, Ordering::Relaxed);
            let mut heads = Heads::new(ours, HEAD, IDLE, work.clone(), room);
            theirs.write_all(&vec![b'x'; 10_000]).await.unwrap();
            heads.read_exact(&mut vec![0; 10_000]).await.unwrap();
            drop(work.begin());
            assert_eq!(read(&mut heads).await, (Ok(0), idles));

            let (ours, mut theirs) = duplex(64 * 1024);
            let room = Room::new(LONGEST);
            room.all.fetch_add(others, Ordering::Relaxed);
            let mut heads = Heads::new(ours, HEAD, IDLE, Work::default(), room);
            theirs.write_all(&vec![b'x'; 10_000]).await.unwrap();
            heads.read_exact(&mut vec![0; 10_000]).await.unwrap();
            assert_eq!(read(&mut heads).await, (Err(io::ErrorKind::TimedOut), heads_take));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_counts_from_the_end_of_the_request_though_nobody_reads_then() {
        for (request, total) in [(4, 79), (40, 115), (400, 475)] {
            let (mut heads, mut theirs, work) = connection();
            theirs.write_all(b"GET / ...").await.unwrap();
            read(&mut heads).await.0.unwrap();
            let at_work = work.begin();
            let ends = async move {
                sleep(Duration::from_secs(request)).await;
                drop(at_work);
            };
            let (outcome, ()) = tokio::join!(biased; read(&mut heads), ends);
            assert_eq!(outcome, (Ok(0), total));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_quietly() {
        let (mut heads, mut theirs, work) = connection();
        theirs.write_all(b"GET / ...").await.unwrap();
        read(&mut heads).await.0.unwrap();
        drop(work.begin());
        assert_eq!(read(&mut heads).await, (Ok(0), 75));
    }
}
