//! How long a text would be: written to where only the length counts.

use std::io::{self, Write};

/// A text of which only the length counts.
pub(crate) struct Length(pub(crate) u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How long a document is without spaces.
pub(crate) fn of_document(json: &serde_json::Value) -> u64 {
    let mut text = Length(0);
    // A length fails at nothing.
    let _ = serde_json::to_writer(&mut text, json);
    text.0
}
