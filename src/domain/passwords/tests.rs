//! What a policy asks, and what becomes of a password.

use serde_json::json;

use super::hashing::Match;
use super::{Hash, Password, Passwords, Policy, broken, check};
use crate::error::{BrokenRule, Error};

fn rules(policy: &Policy, password: &str, names: &[&str]) -> Vec<BrokenRule> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    broken(None, policy, &Password::new(password), &names)
}

#[test]
fn all_rules_are_told_that_a_password_breaks() {
    let policy = Policy::default();
    assert_eq!(rules(&policy, "correct horse battery", &["ann@acme.example"]), []);
    assert_eq!(
        rules(&policy, "Ann\0Acme", &["annacme", "nn\0a"]),
        [BrokenRule::TooShort(12), BrokenRule::Nul, BrokenRule::Names]
    );
    let long = "ä".repeat(37);
    assert_eq!(rules(&policy, &long, &[]), [BrokenRule::TooLong(72)]);
    assert_eq!(rules(&policy, &"ä".repeat(36), &[]), []);
    let refused = check(&Passwords::default(), &policy, &Password::new("short"), &[]);
    assert!(matches!(refused, Err(Error::PasswordPolicy(broken)) if broken == [BrokenRule::TooShort(12)]));
}

#[test]
fn names_are_found_in_any_case_and_addresses_by_their_first_part() {
    let policy = Policy::default();
    for password in ["xxxxxFridaxxxxx", "xxxxfrida@xxxxxx", "FRIDA@ACME.EXAMPLE"] {
        assert_eq!(rules(&policy, password, &["frida@acme.example"]), [BrokenRule::Names], "{password}");
    }
    assert_eq!(rules(&policy, "an afternoon at sea", &["ann", "an"]), []);
    let open = Policy { forbids_names: false, ..policy };
    assert_eq!(rules(&open, "xxxxxFridaxxxxx", &["frida"]), []);
}

#[test]
fn a_value_that_is_none_leaves_the_default() {
    let (policy, ignored) = Policy::from_config(&json!({
        "minLength": 4, "maxLength": 100, "history": "many", "expiryDays": 90, "forbidNames": 1, "colour": "red",
    }));
    assert_eq!(policy, Policy { expiry_days: Some(90), ..Policy::default() });
    assert_eq!(ignored, ["maxLength", "minLength", "history", "forbidNames"]);
    let (policy, ignored) = Policy::from_config(&json!({ "maxLength": 10 }));
    assert_eq!((policy.min_length, policy.max_length, ignored.len()), (10, 10, 0));
}

#[tokio::test]
async fn a_hash_is_one_that_the_authentication_service_reads() {
    let passwords = Passwords::new(4, None);
    let typed = Password::new("correct horse battery staple");
    let hash = passwords.hash(typed.clone()).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(hash.as_str().starts_with("$2b$04$") && hash.as_str().len() == 60);
    let hash = Some(hash.as_str().to_owned());
    assert_eq!(passwords.verify(typed.clone(), hash.clone()).await.ok(), Some(Match::Yes));
    assert_eq!(Passwords::new(5, None).verify(typed.clone(), hash.clone()).await.ok(), Some(Match::Weak));
    assert_eq!(passwords.verify(Password::new("another one"), hash.clone()).await.ok(), Some(Match::No));
    assert_eq!(passwords.verify(typed.clone(), None).await.ok(), Some(Match::No));
    assert_eq!(passwords.verify(typed.clone(), Some("in the clear".to_owned())).await.ok(), Some(Match::No));
    let used = passwords.refuse_used(&typed, hash.into_iter().collect()).await;
    assert!(matches!(used, Err(Error::PasswordPolicy(broken)) if broken == [BrokenRule::Reused]));
}

#[tokio::test]
async fn what_bcrypt_does_not_read_is_never_compared() {
    let passwords = Passwords::new(4, None);
    let whole = "x".repeat(72);
    let hash = passwords.hash(Password::new(&whole)).await.unwrap_or_else(|error| panic!("{error}"));
    let hash = Some(hash.as_str().to_owned());
    assert_eq!(passwords.verify(Password::new(&whole), hash.clone()).await.ok(), Some(Match::Yes));
    assert_eq!(passwords.verify(Password::new(&format!("{whole}y")), hash).await.ok(), Some(Match::No));
    assert!(passwords.hash(Password::new(&format!("{whole}y"))).await.is_err());
    assert!(passwords.hash(Password::new("a\0b")).await.is_err());
}

#[tokio::test]
async fn a_foreign_hash_is_known_by_what_is_after_its_prefix() {
    // Of "correct horse", with a cost of 4: the authentication service reads the first two forms, and not the third.
    let passwords = Passwords::new(4, None);
    let hash = passwords.hash(Password::new("correct horse")).await.unwrap_or_else(|error| panic!("{error}"));
    for (form, expected) in [("$2a", Match::Yes), ("$2b", Match::Yes), ("$2y", Match::Weak)] {
        let hash = hash.as_str().replace("$2b", form);
        assert_eq!(passwords.verify(Password::new("correct horse"), Some(hash)).await.ok(), Some(expected), "{form}");
    }
}

#[test]
fn the_hash_of_nothing_has_the_form_of_a_hash() {
    let [one, other] =
        [Hash::of_nothing(), Hash::of_nothing()].map(|hash| hash.unwrap_or_else(|error| panic!("{error}")));
    assert!(one != other && one.as_str().len() == 60 && one.as_str().parse::<bcrypt::HashParts>().is_ok());
    // The same text, letter by letter: a reader that is strict about spare bits takes it too.
    let parts: bcrypt::HashParts = one.as_str().parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parts.format_for_version(bcrypt::Version::TwoB), one.as_str());
}

#[tokio::test]
async fn of_nobody_a_comparison_takes_as_long() {
    // A distribution, and not one figure: by turns, so that a busy machine is busy for both.
    let passwords = Passwords::new(6, None);
    let hash = passwords.hash(Password::new("correct horse")).await.unwrap_or_else(|error| panic!("{error}"));
    let cheap = Passwords::new(4, None).hash(Password::new("correct horse")).await;
    let cheap = cheap.unwrap_or_else(|error| panic!("{error}"));
    let mut taken = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..200 {
        for (which, hash) in [Some(&hash), None, Some(&cheap)].into_iter().enumerate() {
            let hash = hash.map(|hash| hash.as_str().to_owned());
            let since = std::time::Instant::now();
            assert_eq!(passwords.verify(Password::new("another one"), hash).await.ok(), Some(Match::No));
            taken[which].push(since.elapsed().as_secs_f64());
        }
    }
    let [known, nobody, cheap] = taken.map(|mut all| {
        all.sort_by(f64::total_cmp);
        [all[50], all[100], all[150]]
    });
    for other in [nobody, cheap] {
        for (known, other) in known.iter().zip(other) {
            assert!((0.5..2.0).contains(&(other / known)), "{known} {other}");
        }
    }
}
