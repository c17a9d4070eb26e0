//! What statements do, as far as the rest of the store asks for it.

use std::sync::Arc;

use crate::entity::Property;
use crate::filter::{Filter, Predicate};
use crate::record::Values;
use crate::value::Value;

/// The keys of the parents of an include, and the property that holds them.
pub(crate) type Parents = (&'static Property, Vec<Value>);

/// What a statement does.
pub(crate) enum Operation<'a> {
    /// Read rows of these properties.
    Find {
        /// Order, skip and limit; its predicate is the user's.
        filter: &'a Filter,
        /// What to read.
        projection: Arc<[&'static Property]>,
        /// Rows to read at most.
        limit: u64,
        /// Keep only rows whose property is one of these: the keys of the parents of an include.
        parents: Option<Parents>,
    },
    /// Count rows.
    Count {
        /// The user's predicate.
        predicate: Option<&'a Predicate>,
    },
    /// Count rows by what they hold in one property.
    CountBy {
        /// The property.
        property: &'static Property,
    },
    /// Keep one row as it is until the transaction ends.
    Lock {
        /// Its id.
        id: &'a Value,
        /// Whether other transactions may keep it too.
        shared: bool,
    },
    /// Read the ids and the versions of rows that are then written.
    Search {
        /// The user's predicate.
        predicate: Option<&'a Predicate>,
        /// Rows to read at most.
        limit: u64,
        /// What is to stay as it is, where rows have no version of their own.
        properties: &'a [&'static Property],
        /// Whether the rows are kept from others until the transaction ends.
        keeps: Keeps,
    },
    /// Change rows.
    Update {
        /// The user's predicate.
        predicate: Option<&'a Predicate>,
        /// New values.
        values: &'a Values,
    },
    /// Remove rows for good.
    Destroy {
        /// The user's predicate.
        predicate: Option<&'a Predicate>,
    },
}

/// What a search does about other writers of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Nothing.
    Nothing,
    /// Rows are kept from others until the transaction ends; those that others keep are waited for.
    All,
    /// The same, and rows that others keep are passed over.
    Free,
}

impl<'a> Operation<'a> {
    /// The user's condition, if it has one.
    pub(super) fn predicate(&self) -> Option<&'a Predicate> {
        match *self {
            Self::Find { filter, .. } => filter.predicate.as_ref(),
            Self::Count { predicate }
            | Self::Search { predicate, .. }
            | Self::Update { predicate, .. }
            | Self::Destroy { predicate } => predicate,
            Self::CountBy { .. } | Self::Lock { .. } => None,
        }
    }
}
