//! How an address is shown to people: without the password, the key or the fragment that may stand in it.

use axum::http::Uri;

/// What stands for a secret.
pub(crate) const MASK: &str = "********";

/// The address for a log, a message or a screen: what may be a secret in it is masked, and an address that cannot be
/// taken apart is masked whole.
pub(crate) fn shown(address: &str) -> String {
    let Ok(uri) = address.parse::<Uri>() else { return MASK.to_owned() };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let (user, host) = authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
    // A password with a slash, a question mark or a number sign in it ends the authority too early.
    if address.matches('@').count() > usize::from(user) {
        return MASK.to_owned();
    }
    if !user && uri.query().is_none() && !address.contains('#') {
        return address.to_owned();
    }
    let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://")).unwrap_or_default();
    let user = if user { format!("{MASK}@") } else { String::new() };
    let query = if uri.query().is_some() { format!("?{MASK}") } else { String::new() };
    format!("{scheme}{user}{host}{}{query}", uri.path())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_that_may_be_a_secret_is_shown_and_all_else_is() {
        for (address, expected) in [
            ("https://id.example/keys", "https://id.example/keys"),
            ("http://id.example:8080", "http://id.example:8080"),
            ("https://[::1]:8080/keys", "https://[::1]:8080/keys"),
            ("id.example", "id.example"),
            ("https://ann:hidden@id.example:1/keys", "https://********@id.example:1/keys"),
            ("https://hidden@id.example", "https://********@id.example/"),
            ("ann:hidden@id.example", "********@id.example"),
            ("https://id.example/keys?key=hidden", "https://id.example/keys?********"),
            ("https://ann:hidden@id.example/keys?key=hidden#hidden", "https://********@id.example/keys?********"),
            ("https://id.example/keys#hidden", "https://id.example/keys"),
            ("https://ann:hid/den@id.example/", "********"),
            ("https://ann:hid?den@id.example/", "********"),
            ("https://ann:hid den@id.example/", "********"),
            ("https://ann:hid#den@id.example/", "********"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
        }
    }
}
