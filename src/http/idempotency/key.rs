//! The header itself: a string of Structured Fields (RFC 8941), or, as many clients send it, the bare text.

use axum::http::{HeaderMap, HeaderName};

use crate::error::{Error, Result};

/// The header.
pub(in crate::http) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub(in crate::http) const LONGEST: usize = 255;

/// The key that a request names; none where it names none.
pub(in crate::http) fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::InvalidIdempotencyKey("is there more than once"));
    }
    let text = value.to_str().map_err(|_| Error::InvalidIdempotencyKey("has characters outside ASCII"))?;
    let key = read(text.trim_matches(' ')).ok_or(Error::InvalidIdempotencyKey("is no string in quotation marks"))?;
    match key.len() {
        0 => Err(Error::InvalidIdempotencyKey("is empty")),
        length if length > LONGEST => Err(Error::InvalidIdempotencyKey("has more than 255 characters")),
        _ => Ok(Some(key)),
    }
}

fn read(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
        return is_plain.then(|| text.to_owned());
    };
    let mut key = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => key.push(rest.next().filter(|escaped| ['"', '\\'].contains(escaped))?),
            letter => key.push(letter),
        }
    }
    // Parameters mean nothing to us, as is for who does not know them to say.
    let rest = rest.as_str();
    (rest.is_empty() || rest.starts_with(';')).then_some(key)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> std::result::Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key(&headers).map_err(|error| match error {
            Error::InvalidIdempotencyKey(why) => why,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_key_is_a_string_or_the_bare_text() {
        assert_eq!(of(&[]), Ok(None));
        for (sent, key) in [
            ("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
            ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
            ("  \"a b\" ", "a b"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("\"a\";v=1", "a"),
            ("a:/+=b", "a:/+=b"),
        ] {
            assert_eq!(of(&[sent]), Ok(Some(key.to_owned())), "{sent}");
        }
        assert_eq!(of(&[&"k".repeat(255)]), Ok(Some("k".repeat(255))));
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_reason() {
        let no_string = Err("is no string in quotation marks");
        for sent in ["\"a", "a\"", "\"a\"b", r#""\n""#, "a, b", "a b", "a;b", "\"a\", \"b\""] {
            assert_eq!(of(&[sent]), no_string, "{sent}");
        }
        for sent in ["", " ", "\"\""] {
            assert_eq!(of(&[sent]), Err("is empty"), "{sent:?}");
        }
        for sent in ["k".repeat(256), format!("\"{}\"", "k".repeat(256))] {
            assert_eq!(of(&[&sent]), Err("has more than 255 characters"));
        }
        assert_eq!(of(&["é"]), Err("has characters outside ASCII"));
        assert_eq!(of(&["a", "a"]), Err("is there more than once"));
    }
}
