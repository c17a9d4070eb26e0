//! Rows as text, piece by piece: of a long answer, memory holds the rows that are not written yet, and one piece.

use std::vec::IntoIter;

use super::{append_plain, append_row, append_rows, append_values};
use crate::length::Length;
use crate::record::{Record, Related, Reservation};

/// A piece is complete with so many bytes; it is longer only by the last value.
const PIECE: usize = 64 * 1024;
/// An answer that takes so many bytes is worth it.
const LONG: u64 = 1 << 20;

/// The text of a long answer, which gives back each row once it is written, and the reservation at the end.
#[derive(Debug)]
pub struct Pieces {
    open: Vec<Open>,
    length: u64,
    reservation: Option<Reservation>,
}

/// What is begun and not ended, from the outside in.
#[derive(Debug)]
enum Open {
    Rows(IntoIter<Record>, &'static [u8]),
    /// What is included in a row whose values are written. The byte comes before the next name.
    Related(IntoIter<(&'static str, Related)>, u8),
    /// The only row of an answer.
    Only(Box<Record>),
}

impl Pieces {
    /// Whether the answer that the row is of is so long that it should be written in pieces.
    pub fn suit(row: &Record) -> bool {
        row.reservation.as_ref().is_some_and(|reservation| reservation.bytes() > LONG)
    }

    /// The text of an array.
    ///
    /// # Errors
    /// When a document inside cannot be written.
    pub fn of_rows(rows: Vec<Record>) -> serde_json::Result<Self> {
        let mut length = Length(0);
        append_rows(&rows, &mut length)?;
        let reservation = rows.first().and_then(Record::reservation);
        Ok(Self { open: vec![Open::Rows(rows.into_iter(), b"[")], length: length.0, reservation })
    }

    /// The text of an object.
    ///
    /// # Errors
    /// As [`Self::of_rows`].
    pub fn of_row(row: Record) -> serde_json::Result<Self> {
        let mut length = Length(0);
        append_row(&row, &mut length)?;
        let reservation = row.reservation();
        Ok(Self { open: vec![Open::Only(Box::new(row))], length: length.0, reservation })
    }

    /// How many bytes are not written yet.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes the next piece.
    fn piece(&mut self) -> serde_json::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(PIECE + PIECE / 8);
        while text.len() < PIECE {
            let Some(open) = self.open.last_mut() else { break };
            let inner = match open {
                Open::Rows(rest, before) => {
                    let next = rest.next();
                    if next.is_some() || *before == b"[" {
                        text.extend_from_slice(before);
                        *before = b",";
                    }
                    match next {
                        Some(row) => Some(begin(row, &mut text)?),
                        None => None,
                    }
                }
                Open::Related(rest, before) => {
                    let next = rest.next();
                    if next.is_some() || *before == b'{' {
                        text.push(*before);
                        *before = b',';
                    }
                    match next {
                        Some((name, related)) => {
                            append_plain(name, &mut text);
                            text.push(b':');
                            Some(match related {
                                Related::Many(rows) => Open::Rows(rows.into_iter(), b"["),
                                Related::One(row) => begin(*row, &mut text)?,
                            })
                        }
                        None => None,
                    }
                }
                Open::Only(_) => None,
            };
            match inner {
                Some(inner) => self.open.push(inner),
                None => match self.open.pop() {
                    Some(Open::Rows(..)) => text.push(b']'),
                    Some(Open::Related(..)) => text.push(b'}'),
                    Some(Open::Only(row)) => self.open.push(begin(*row, &mut text)?),
                    None => {}
                },
            }
        }
        Ok(text)
    }
}

/// Writes the values of a row, and gives back what is included in it.
fn begin(row: Record, text: &mut Vec<u8>) -> serde_json::Result<Open> {
    let before = append_values(&row, text)?;
    Ok(Open::Related(row.related.into_iter(), before))
}

impl Iterator for Pieces {
    type Item = serde_json::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.open.is_empty() {
            self.reservation = None;
            return None;
        }
        let piece = self.piece();
        match &piece {
            Ok(text) => self.length = self.length.saturating_sub(text.len() as u64),
            Err(_) => self.open.clear(),
        }
        Some(piece)
    }
}
