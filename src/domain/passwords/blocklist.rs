//! Passwords that nobody may have: the operator's list, as SHA-1 prefixes, which is the form in which such lists are published.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// How many hexadecimal digits of a line count. By 64 bits, a password is taken for another one once in a million million.
const DIGITS: usize = 16;
/// The most lines: eight bytes each stay in memory.
const MOST: usize = 20_000_000;
/// The longest line, in bytes.
const LONGEST: u64 = 200;

/// A list of passwords, of which it holds no more than beginnings of digests.
pub(crate) struct Blocklist(Vec<u64>);

impl Blocklist {
    /// The list in a file: a line each of 16 to 40 hexadecimal digits of the SHA-1 of a password. A colon and what follows is
    /// ignored, as in the lists of Have I Been Pwned.
    ///
    /// # Errors
    /// What is wrong, with the number of the line.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let opened = std::fs::File::open(file).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(BufReader::new(opened))
    }

    fn parse(mut text: impl BufRead) -> Result<Self, String> {
        let mut all = Vec::new();
        let mut line = String::new();
        for number in 1_usize.. {
            line.clear();
            let read = text.by_ref().take(LONGEST).read_line(&mut line);
            if read.map_err(|error| format!("cannot be read at line {number}: {error}"))? == 0 {
                break;
            }
            let digest = line.trim_end().split(':').next().unwrap_or_default();
            if digest.is_empty() {
                continue;
            }
            let is_digest =
                (DIGITS..=40).contains(&digest.len()) && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            let prefix = digest.get(..DIGITS).filter(|_| is_digest);
            let prefix = prefix.and_then(|prefix| u64::from_str_radix(prefix, 16).ok());
            all.push(prefix.ok_or_else(|| format!("line {number} must begin with 16 to 40 hexadecimal digits"))?);
            if all.len() > MOST {
                return Err(format!("has more than {MOST} lines"));
            }
        }
        all.sort_unstable();
        all.dedup();
        all.shrink_to_fit();
        Ok(Self(all))
    }

    /// Whether the list has this password.
    pub(super) fn has(&self, password: &str) -> bool {
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let prefix = digest.as_ref().iter().take(DIGITS / 2).fold(0, |prefix, byte| prefix << 8 | u64::from(*byte));
        self.0.binary_search(&prefix).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Blocklist;

    #[test]
    fn a_list_has_what_its_lines_are_of() {
        // SHA-1 of "password", whole and with a count; a prefix of that of "correct horse".
        let list = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n\n5baa61e4c9b93f3f\n";
        let list = Blocklist::parse(list.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert!(list.has("password") && !list.has("passwore"));
        assert_eq!(list.0.len(), 1);
    }

    #[test]
    fn what_is_no_digest_is_refused_by_its_line() {
        for (text, line) in
            [("5baa61e4c9b93f3f\nhello", 2), ("5baa61e4c9b93f3", 1), ("5baa61e4c9b93f3g", 1), (&"a".repeat(41), 1)]
        {
            let error = Blocklist::parse(text.as_bytes()).err().unwrap_or_default();
            assert!(error.contains(&format!("line {line} ")), "{error}");
        }
    }
}
