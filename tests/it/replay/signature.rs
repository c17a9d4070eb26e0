//! How a recorded webhook is signed: an HMAC-SHA256 in hex over body and time, or one that is wrong in a named way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Deserialize;
use time::OffsetDateTime;

/// The secret that the service shares with the sender.
pub(crate) const SECRET: &str = "oracle-callback-secret";

/// What is particular about a signature; by default it is a good one made now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Signature {
    sig: Form,
    ts: Time,
    /// Milliseconds between now and the time that is signed.
    offset: i64,
    /// Another secret than the service's.
    secret: Option<String>,
    /// Another text than the body.
    sign_over: Option<String>,
}

/// What stands in `X-Signature`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Valid,
    Bad,
    Short,
    Upper,
    Empty,
    Missing,
}

/// What stands in `X-Timestamp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Time {
    #[default]
    Ok,
    Nan,
    Seconds,
    Empty,
    Float,
    Hex,
    Padded,
    Missing,
}

impl Signature {
    /// The headers that go with a body.
    pub(crate) fn headers(&self, body: &str) -> Vec<(String, Option<String>)> {
        let now = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).expect("a time of today");
        let time = now + self.offset;
        let signed_time = match self.ts {
            Time::Seconds => (time / 1000).to_string(),
            Time::Float => format!("{time}.5"),
            _ => time.to_string(),
        };
        let message = format!("{}{signed_time}", self.sign_over.as_deref().unwrap_or(body));
        let signature = hmac(self.secret.as_deref().unwrap_or(SECRET), &message);
        let signature = match self.sig {
            Form::Valid => Some(signature),
            Form::Bad => Some("0".repeat(64)),
            Form::Short => Some("abc".to_owned()),
            Form::Upper => Some(signature.to_uppercase()),
            Form::Empty => Some(String::new()),
            Form::Missing => None,
        };
        let time = match self.ts {
            Time::Ok | Time::Seconds | Time::Float => Some(signed_time),
            Time::Nan => Some("abc".to_owned()),
            Time::Empty => Some(String::new()),
            Time::Hex => Some(format!("{time:#x}")),
            Time::Padded => Some(format!("  {time}")),
            Time::Missing => None,
        };
        [("x-signature", signature), ("x-timestamp", time)]
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// In hex; by another library than the service's, so that both are not wrong together.
fn hmac(secret: &str, message: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    let code = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("any text can be signed");
    let bytes = URL_SAFE_NO_PAD.decode(code).expect("the library writes base64");
    HEXLOWER.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_second_test_case_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac("Jefe", "what do ya want for nothing?"), expected);
    }

    #[test]
    fn signs_body_and_time_that_it_sends() {
        let headers = Signature::default().headers("{}");
        let [(_, Some(signature)), (_, Some(time))] = &headers[..] else { panic!("{headers:?}") };
        assert_eq!(*signature, hmac(SECRET, &format!("{{}}{time}")));
    }

    #[test]
    fn leaves_out_what_is_missing() {
        let missing: Signature = serde_json::from_str(r#"{"sig":"missing","ts":"missing"}"#).unwrap();
        assert!(missing.headers("{}").is_empty());
    }
}
