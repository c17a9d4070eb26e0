//! How long a job waits that did not succeed.

use std::time::Duration;

use uuid::Uuid;

/// The first pause.
const FIRST: Duration = Duration::from_secs(5);
/// The longest.
const LONGEST: Duration = Duration::from_hours(1);

/// The pause after so many attempts: twice as long each time. Half of it is chance, so that jobs that failed together do not come
/// back together; `id` is any new one, whose end is random.
pub(super) fn pause(attempts: i32, id: Uuid) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(16);
    let half = FIRST.saturating_mul(1 << doublings).min(LONGEST) / 2;
    let [.., high, low] = *id.as_bytes();
    half + half * u32::from(u16::from_be_bytes([high, low])) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_half_of_each_is_chance() {
        for (attempts, longest) in [(0, 5), (1, 5), (2, 10), (3, 20), (10, 2_560), (11, 3_600), (i32::MAX, 3_600)] {
            let longest = Duration::from_secs(longest);
            assert_eq!([pause(attempts, Uuid::nil()), pause(attempts, Uuid::max())], [longest / 2, longest]);
        }
    }
}
