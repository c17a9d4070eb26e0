//! What mails say: by kind and locale, from the deployment's folder or built in, and whatever names are in them.

use std::path::Path;
use std::sync::Arc;

use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::model::Mail;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const INVITATION: MailKind = MailKind {
    name: "invitation",
    link: |links| links.invitation.as_deref(),
    fresh: |_, _| Box::pin(std::future::ready(Ok(None))),
    ended: |_, _, _| Box::pin(std::future::ready(Ok(()))),
};
const RESET: MailKind =
    MailKind { name: "password-reset", link: |links| links.password_reset.as_deref(), ..INVITATION };
const KINDS: &[&MailKind] = &[&INVITATION, &RESET];

fn room(templates: Option<&Path>) -> Result<Room, String> {
    let options = MailOptions {
        templates: templates.map(ToOwned::to_owned),
        invitation_url: Some("https://app.example/join?token={token}&from=mail".to_owned()),
        password_reset_url: None,
    };
    Room::new(Arc::new(LogMailer), &options, KINDS).map_err(|error| error.to_string())
}

fn written(room: &Room, kind: &MailKind, locale: Option<&str>, tenant: &str) -> crate::Result<Message> {
    let mail = Mail {
        id: Uuid::nil(),
        tenant_id: None,
        kind: kind.name.to_owned(),
        about: Uuid::nil(),
        recipient: "amelie@example.com".to_owned(),
        locale: locale.map(ToOwned::to_owned),
        state: Mail::WAITING.to_owned(),
        reason: None,
        created_on: datetime!(2026-01-01 12:00 UTC),
        finished_on: None,
    };
    let values = Values {
        tenant: Some(tenant.to_owned()),
        inviter: Some("Bruno".to_owned()),
        token: Some("sesame".into()),
        expires_on: Some(datetime!(2026-01-08 13:30 +01:00)),
    };
    room.compose(kind, &mail, &values)
}

#[test]
fn a_mail_says_who_invites_where_and_until_when() -> Outcome {
    let message = written(&room(None)?, &INVITATION, None, "Bakery")?;
    assert_eq!(message.subject, "You are invited to Bakery");
    for said in
        ["Bruno invites you to Bakery.", "https://app.example/join?token=sesame&from=mail", "2026-01-08 12:30 UTC"]
    {
        assert!(message.text.contains(said), "{said} in\n{}", message.text);
    }
    let html = message.html.ok_or("a built-in invitation has HTML")?;
    assert!(html.contains("Bruno invites you to <strong>Bakery</strong>"), "{html}");
    Ok(())
}

#[test]
fn without_an_address_a_mail_tells_the_token() -> Outcome {
    let message = written(&room(None)?, &RESET, None, "Bakery")?;
    assert!(message.text.contains("\nsesame\n") && message.text.contains("amelie@example.com"), "{}", message.text);
    Ok(())
}

#[test]
fn hostile_names_are_only_read() -> Outcome {
    let hostile = "<script src=//x>\r\nBcc: all@example.com\u{202e}{{ token }}";
    let message = written(&room(None)?, &INVITATION, None, hostile)?;
    assert!(!message.subject.contains(['\r', '\n', '\u{202e}']), "{:?}", message.subject);
    assert!(message.subject.contains("{{ token }}"), "a name is no template: {}", message.subject);
    assert!(!message.text.lines().any(|line| line.starts_with("Bcc")), "{}", message.text);
    let html = message.html.unwrap_or_default();
    assert!(!html.contains("<script") && html.contains("&lt;script"), "{html}");
    Ok(())
}

#[test]
fn a_name_is_no_link() -> Outcome {
    let room = room(None)?;
    for (name, reads) in [
        ("http://evil.example click", "http: //evil. example click"),
        ("www.evil.example", "www. evil. example"),
        ("evil\u{ff0e}example", "evil\u{ff0e} example"),
        ("you@evil.example", "you@evil. example"),
        ("Bakery No. 2.0, Inc.", "Bakery No. 2.0, Inc."),
        ("J.R. Baker: bread/rolls", "J. R. Baker: bread/rolls"),
    ] {
        let message = written(&room, &INVITATION, None, name)?;
        assert_eq!(message.subject, format!("You are invited to {reads}"));
        assert!(message.text.contains(&format!("Bruno invites you to {reads}.\n")), "{}", message.text);
        assert!(message.text.contains("https://app.example/join?token=sesame"), "our own are links");
    }
    Ok(())
}

#[test]
fn what_is_long_is_shortened() -> Outcome {
    let room = room(None)?;
    for (name, reads) in [("é".repeat(100), "é".repeat(100)), ("é".repeat(101), "é".repeat(99) + "…")] {
        let message = written(&room, &INVITATION, None, &name)?;
        assert_eq!(message.subject, format!("You are invited to {reads}"));
        assert!(message.text.contains(&format!("to {reads}.\n")), "{}", message.text);
    }
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("invitation.en.subject"), "long ".repeat(100))?;
    std::fs::write(folder.path().join("invitation.en.txt"), "{{ link }}")?;
    let message = written(&self::room(Some(folder.path()))?, &INVITATION, None, "Bakery")?;
    assert_eq!(message.subject.chars().count(), 200);
    Ok(())
}

#[test]
fn the_closest_locale_is_taken() -> Outcome {
    let folder = tempfile::tempdir()?;
    for locale in ["de", "de_AT", "en"] {
        std::fs::write(folder.path().join(format!("invitation.{locale}.subject")), locale)?;
        std::fs::write(folder.path().join(format!("invitation.{locale}.txt")), "{{ link }}")?;
    }
    std::fs::write(folder.path().join(".hidden"), "{{")?;
    let room = room(Some(folder.path()))?;
    for (locale, expected) in [
        (Some("de-at"), "de_AT"),
        (Some("de-CH-1996"), "de"),
        (Some("DE"), "de"),
        (Some("fr"), "en"),
        (Some(""), "en"),
        (None, "en"),
    ] {
        let message = written(&room, &INVITATION, locale, "Bakery")?;
        assert_eq!(message.subject, expected, "{locale:?}");
        assert_eq!(message.html, None, "the built-in HTML would say something else");
    }
    assert_eq!(written(&room, &RESET, Some("de"), "Bakery")?.subject, "Choose a new password");
    Ok(())
}

#[test]
fn what_is_wrong_with_templates_is_found_at_the_start() -> Outcome {
    for (name, text, expected) in [
        ("invitation.de.txt", "{{ tenant }", "invitation.de.txt:1"),
        ("invitation.de.txt", "\n{{ tenent }}", "invitation.de.txt:2"),
        ("invitation.de.txt", "\n{{ link }}{{ address + tenant }}", "invitation.de.txt:2"),
        ("invitation.de.txt", "{{ address + tenant }}", "filled with nothing but the address"),
        ("invitation.de.txt", "{{ tenant.name }}", "filled with all that a mail may have"),
        ("invitation.de.txt", "{% if tenant %}{{ tenant }}{% endif %}", "says neither link nor token in de"),
        ("invitation.de.html", "", "no invitation.de.subject"),
        ("welcome.de.txt", "", "one of the kinds invitation, password-reset"),
        ("invitation.txt", "", "invitation.txt is no template of a mail"),
        ("invitation.de.md", "", "invitation.de.md is no template of a mail"),
    ] {
        let folder = tempfile::tempdir()?;
        if name.ends_with(".de.txt") {
            std::fs::write(folder.path().join("invitation.de.subject"), "")?;
        }
        std::fs::write(folder.path().join(name), text)?;
        let problem = room(Some(folder.path())).err().ok_or(name)?;
        assert!(problem.contains(expected), "{name}: {problem}");
    }
    assert!(room(Some(Path::new("/nowhere"))).err().is_some_and(|error| error.contains("/nowhere")));
    Ok(())
}

#[test]
fn a_kind_without_a_template_is_found_at_the_start() {
    const UNWRITTEN: MailKind = MailKind { name: "unwritten", ..INVITATION };
    let error = Room::new(Arc::new(LogMailer), &MailOptions::default(), &[&UNWRITTEN]).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("unwritten.en.txt"), "{error}");
}

#[test]
fn an_address_leads_to_a_page_with_the_token() {
    for (url, is_page) in [
        ("https://app.example/join?token={token}", true),
        ("http://localhost:8080/{token}", true),
        ("https://app.example/join", false),
        ("https://app.example/{token}/{token}", false),
        ("app.example/{token}", false),
        ("javascript:alert('{token}')", false),
    ] {
        assert_eq!(MailOptions::is_page(url), is_page, "{url}");
    }
}
