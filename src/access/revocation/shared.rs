//! Questions that are asked once, however many want the answer at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// The questions under way, by what they are about.
pub(super) struct Shared<K, T>(Mutex<HashMap<K, Asking<T>>>);

/// A question under way, and how many wait for its answer.
type Asking<T> = (Arc<OnceCell<T>>, usize);

impl<K, T> Default for Shared<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash, T: Clone> Shared<K, T> {
    /// The answer of `ask`, or of the same question that is under way. Where the one who asks goes away, the next asks.
    pub(super) async fn once<A: Future<Output = T>>(&self, about: K, ask: impl FnOnce() -> A) -> T {
        let cell = {
            let mut asking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (cell, waiting) = asking.entry(about).or_default();
            *waiting += 1;
            cell.clone()
        };
        // Also of a request that is given up: else what nobody waits for would stay.
        let _place = Place { shared: self, about, cell: &cell };
        cell.get_or_init(ask).await.clone()
    }
}

/// One who waits for an answer.
struct Place<'a, K: Copy + Eq + Hash, T> {
    shared: &'a Shared<K, T>,
    about: K,
    cell: &'a Arc<OnceCell<T>>,
}

impl<K: Copy + Eq + Hash, T> Drop for Place<'_, K, T> {
    fn drop(&mut self) {
        let mut asking = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, waiting)) = asking.get_mut(&self.about).filter(|(cell, _)| Arc::ptr_eq(cell, self.cell)) else {
            return;
        };
        *waiting -= 1;
        // Once it is answered, the next question is a new one. While it is not, the last one who waits takes it away.
        if *waiting == 0 || self.cell.initialized() {
            asking.remove(&self.about);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::Shared;

    #[tokio::test]
    async fn many_share_one_question_and_the_next_is_a_new_one() {
        let (shared, asked, answer) =
            (Arc::new(Shared::<u8, usize>::default()), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let ask = |about| {
            let (shared, asked, answer) = (shared.clone(), asked.clone(), answer.clone());
            tokio::spawn(async move {
                let question = || async {
                    let number = asked.fetch_add(1, Ordering::SeqCst);
                    answer.notified().await;
                    number
                };
                shared.once(about, question).await
            })
        };
        let crowd: Vec<_> = (0..50).map(|_| ask(1)).collect();
        tokio::task::yield_now().await;
        // Who asks goes away; one of the others asks then.
        crowd[0].abort();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        answer.notify_one();
        for (number, one) in crowd.into_iter().enumerate() {
            match one.await {
                Ok(answer) => assert_eq!(answer, 1),
                Err(error) => assert!(number == 0 && error.is_cancelled()),
            }
        }
        assert!(shared.0.lock().unwrap().is_empty());
        answer.notify_one();
        assert_eq!(ask(1).await.unwrap(), 2);
        let given_up = ask(2);
        tokio::task::yield_now().await;
        given_up.abort();
        assert!(given_up.await.is_err() && shared.0.lock().unwrap().is_empty());
    }
}
