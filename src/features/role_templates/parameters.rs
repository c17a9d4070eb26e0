//! Which rows the lists have: versions before one, differences behind a cursor.

use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use crate::error::Result;
use crate::http::route::{Given, Kind, Parameter, Parameters};

const BEFORE: &str = "before";
const CURSOR: &str = "cursor";
const LIMIT: &str = "limit";

/// How many rows an answer has unless it is told otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 500;

/// Which versions to read.
pub(super) struct Which {
    pub(super) before: Option<i32>,
    pub(super) limit: usize,
}

impl Parameters for Which {
    const ALL: &'static [Parameter] = &[
        Parameter { name: BEFORE, kind: Kind::Number(1, i32::MAX as u32), description: "Versions before this one" },
        Parameter { name: LIMIT, kind: Kind::Number(1, MOST), description: "Most versions of the answer" },
    ];

    fn read(given: &Given) -> Result<Self> {
        let before = given.number(BEFORE)?.and_then(|version| i32::try_from(version).ok());
        Ok(Self { before, limit: limit(given)? })
    }
}

/// Which differences to read.
pub(super) struct Behind {
    pub(super) cursor: Option<Uuid>,
    pub(super) limit: usize,
}

impl Parameters for Behind {
    const ALL: &'static [Parameter] = &[
        Parameter { name: CURSOR, kind: Kind::Text, description: "`next` of the page before" },
        Parameter { name: LIMIT, kind: Kind::Number(1, MOST), description: "Most roles of the page" },
    ];

    fn read(given: &Given) -> Result<Self> {
        let cursor = given.read(CURSOR, "must be `next` of the page before", |text| parse_uuid(text).ok())?;
        Ok(Self { cursor, limit: limit(given)? })
    }
}

fn limit(given: &Given) -> Result<usize> {
    Ok(given.number(LIMIT)?.unwrap_or(USUAL) as usize)
}
