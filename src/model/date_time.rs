//! How dates and instants stand in the JSON of the models: `#[serde(with = "date_time::instant")]` and the like.

use std::num::NonZero;

use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

const MILLISECONDS: EncodedConfig =
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: NonZero::new(3) }).encode();
const INSTANT: Iso8601<MILLISECONDS> = Iso8601;

// `YYYY-MM-DDTHH:mm:ss.sssZ`
time::serde::format_description!(pub(crate) instant, OffsetDateTime, INSTANT);
// A calendar date, shown as its midnight in UTC wherever the service runs.
time::serde::format_description!(pub(super) midnight, Date, "[year]-[month]-[day]T00:00:00.000Z");
