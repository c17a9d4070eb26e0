//! Where a reader goes on: a position, bound to what is read, in a text that shows when it was altered.
//!
//! Its sum is no secret. Whoever makes one up reaches nothing new: it only chooses where to go on in what they may read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::digest::sha256;

/// Bytes of the sum.
const SUM: usize = 8;

/// The text of a position in what `read` describes.
pub(super) fn write(read: &str, position: i64) -> String {
    let mut bytes = position.to_be_bytes().to_vec();
    bytes.extend(sum(read, position));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position of a text that was written for the same.
pub(super) fn parse(read: &str, text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (position, sent) = bytes.split_first_chunk::<8>()?;
    let position = i64::from_be_bytes(*position);
    (sent == sum(read, position) && position >= 0).then_some(position)
}

fn sum(read: &str, position: i64) -> [u8; SUM] {
    let whole = sha256(format!("events 1 {position} {read}").as_bytes());
    let mut sum = [0; SUM];
    sum.copy_from_slice(&whole[..SUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    #[test]
    fn a_cursor_is_read_where_it_was_written_for_and_nowhere_else() {
        for position in [0, 1, 300, i64::MAX] {
            let text = write("tenant a", position);
            assert_eq!(parse("tenant a", &text), Some(position));
            assert_eq!(parse("tenant b", &text), None);
            for at in 0..text.len() {
                let mut altered = text.clone().into_bytes();
                altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(altered).unwrap();
                assert_eq!(parse("tenant a", &altered), None, "{text} {altered}");
            }
        }
        for text in ["", "A", "====", "end", &write("", 1)[1..]] {
            assert_eq!(parse("", text), None);
        }
        assert_eq!(parse("", &write("", -1)), None);
    }
}
