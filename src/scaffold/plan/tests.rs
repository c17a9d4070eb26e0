use std::path::Path;

use super::super::answers::Answers;
use super::{Plan, Source};

fn answers() -> Answers {
    let text = |text: &str| Some(text.to_owned());
    Answers {
        name: text("myUserTenant"),
        base_on_service: Some(true),
        base_service: text("user-tenant-service"),
        datasource_name: text("userdb"),
        datasource_type: text("postgresql"),
        source: text("0.1"),
        ..Answers::default()
    }
}

fn plan(answers: &Answers) -> Result<Plan, String> {
    Plan::new(answers, Path::new(".")).map_err(|error| error.to_string())
}

/// Fails unless the answers are refused with all of these words.
#[track_caller]
fn refused(change: impl Fn(&mut Answers), words: &[&str]) {
    let mut answers = answers();
    change(&mut answers);
    let message = plan(&answers).expect_err("the answers are refused");
    for word in words {
        assert!(message.contains(word), "{word} in {message}");
    }
}

#[test]
fn names_become_names_of_crates() {
    let named = |name: &str| plan(&Answers { name: Some(name.to_owned()), ..answers() }).map(|plan| plan.name);
    for (given, made) in [
        ("my-user-tenant", "my-user-tenant"),
        ("myUserTenant", "my-user-tenant"),
        ("My_User Tenant2", "my-user-tenant2"),
        ("users", "users"),
    ] {
        assert_eq!(named(given).unwrap(), made);
    }
    for wrong in
        ["", "2fast", "-a", "a-", "a--b", "a/b", "../a", "ä", "fn", "test", "user-tenant-service", &"a".repeat(61)]
    {
        assert!(named(wrong).unwrap_err().starts_with("NAME: "), "{wrong}");
    }
}

#[test]
fn images_and_databases_have_names_too() {
    let plain = plan(&Answers { datasource_name: None, ..answers() }).unwrap();
    assert_eq!(
        (plain.image.as_str(), plain.database.as_str(), plain.postgres),
        ("my-user-tenant", "my_user_tenant", true)
    );
    let prefixed =
        Answers { unique_prefix: Some("Acme".to_owned()), datasource_type: Some("sqlite".to_owned()), ..answers() };
    let prefixed = plan(&prefixed).unwrap();
    assert_eq!((prefixed.image.as_str(), prefixed.postgres), ("acme-my-user-tenant", false));
    refused(|answers| answers.datasource_name = Some("a b".to_owned()), &["--datasourceName", "a b"]);
    refused(|answers| answers.datasource_name = Some("Postgres".to_owned()), &["--datasourceName", "for itself"]);
    refused(|answers| answers.unique_prefix = Some("a.".to_owned()), &["--uniquePrefix", "a."]);
    refused(|answers| answers.name = Some("incremental".to_owned()), &["incremental", "means something else"]);
    for source in ["https://x y/users.git", "git@", "ssh://", "https://example.com/$(id)"] {
        refused(|answers| answers.source = Some(source.to_owned()), &["--source", "no address"]);
    }
    for source in ["-x", "--help", "0.1\"", "0.1\n[patch]", "./it's", "https://example.com/x\u{7}"] {
        refused(|answers| answers.source = Some(source.to_owned()), &["--source", "must not begin with a hyphen"]);
    }
    for source in ["ssh://-oProxyCommand=id/x", "git@-oProxyCommand=id:x", "https:///x", "ssh://-l@example.com/x"] {
        refused(|answers| answers.source = Some(source.to_owned()), &["--source", "no address"]);
    }
    for source in ["http://example.com/users.git", "file:///nowhere", "git://example.com/users.git"] {
        refused(|answers| answers.source = Some(source.to_owned()), &["--source", "no version"]);
    }
    for source in ["https://ann:hidden@example.com/x.git", "https://hidden@example.com/x", "ssh://a:hidden@b.example/x"]
    {
        let message = plan(&Answers { source: Some(source.to_owned()), ..answers() }).unwrap_err();
        assert!(message.contains("--source") && !message.contains("hidden"), "{message}");
    }
    for (source, made) in [
        (">=0.1, <0.3", "{ version = \">=0.1, <0.3\" }"),
        ("https://example.com/users.git", "{ git = \"https://example.com/users.git\" }"),
        ("git@example.com:us/users.git", "{ git = \"ssh://git@example.com/us/users.git\" }"),
    ] {
        let said = plan(&Answers { source: Some(source.to_owned()), ..answers() }).unwrap();
        assert_eq!(said.source.dependency(), made);
        assert!(said.notes.iter().any(|note| note.starts_with("it depends on")), "{:?}", said.notes);
    }
    refused(|answers| answers.unique_prefix = Some("a/b".to_owned()), &["--uniquePrefix", "a/b"]);
}

#[test]
fn exclusive_and_dependent_answers_are_refused() {
    refused(|answers| answers.facade = true, &["--baseOnService", "--facade"]);
    refused(
        |answers| *answers = Answers { name: answers.name.clone(), facade: true, ..Answers::default() },
        &["--facade", "leave it out"],
    );
    refused(
        |answers| (answers.include_migrations, answers.custom_migrations) = (true, true),
        &["--includeMigrations", "--customMigrations"],
    );
    refused(|answers| answers.base_on_service = None, &["--baseService needs --baseOnService"]);
    refused(|answers| answers.base_on_service = Some(false), &["--baseService needs --baseOnService"]);
    refused(
        |answers| (answers.base_service, answers.include_migrations) = (None, true),
        &["--includeMigrations needs --baseService"],
    );
    refused(
        |answers| (answers.base_service, answers.base_on_service) = (None, Some(false)),
        &["--no-baseOnService", "cargo new"],
    );
}

#[test]
fn what_is_not_offered_is_refused_by_name() {
    for service in ["chat-service", "ctrl-plane-orchestrator-service"] {
        refused(
            |answers| answers.base_service = Some(service.to_owned()),
            &[service, "not offered", "user-tenant-service"],
        );
    }
    refused(|answers| answers.base_service = Some("tea-service".to_owned()), &["there is no", "tea-service"]);
    refused(|answers| answers.datasource_type = Some("mysql".to_owned()), &["mysql", "postgresql or sqlite"]);
    refused(|answers| answers.datasource_type = Some("oracle".to_owned()), &["oracle", "none of"]);
    refused(|answers| answers.source = Some("nowhere/at/all".to_owned()), &["--source", "nowhere/at/all"]);
}

#[test]
fn missing_answers_are_named_all_at_once() {
    let message = plan(&Answers::default()).unwrap_err();
    for flag in ["NAME", "--baseOnService", "--baseService", "--datasourceType"] {
        assert!(message.contains(flag), "{flag} in {message}");
    }
}

#[test]
fn a_checkout_is_named_by_a_path_that_can_be_quoted_everywhere() {
    let place = tempfile::tempdir().unwrap();
    let checkout = |name: &str| {
        let directory = place.path().join(name);
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("Cargo.toml"), "[package]\nname = \"user-tenant-service\"\n").unwrap();
        Plan::new(&Answers { source: Some(name.to_owned()), ..answers() }, place.path())
    };
    let found = checkout("2 checkouts").unwrap();
    assert!(matches!(&found.source, Source::Path(path) if path.ends_with("2 checkouts")), "{found:?}");
    assert!(found.notes.iter().any(|note| note.contains("2 checkouts") && note.contains("--source")), "{found:?}");
    let refusal = checkout("it's").unwrap_err().to_string();
    assert!(refusal.contains("--source") && refusal.contains("it's"), "{refusal}");
}
