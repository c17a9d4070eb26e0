//! What a statement or a transaction keeps until the database is done with it: a turn, and a share of the connections.

use std::sync::Arc;

use crate::shares::Share;
use crate::turns::Turn;

/// A turn and a share. Both are given back when the database is done with the statement or the transaction, even if the client has
/// hung up.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The tenant's turn to change much.
    turn: Option<Arc<Turn>>,
    /// Its share of the connections.
    _share: Option<Share>,
}

impl Kept {
    /// Both are given back together.
    pub(crate) fn of(turn: Option<Arc<Turn>>, share: Option<Share>) -> Self {
        Self { turn, _share: share }
    }

    /// The database begins with it: what was waited for until now is no work of whose turn it is.
    pub(crate) fn begins(&self) {
        if let Some(turn) = &self.turn {
            turn.begins();
        }
    }
}
