//! Settings of mails: what is doubtful about a mail server.

use super::warnings;

#[test]
fn a_mail_server_without_encryption_is_warned_about_unless_it_is_here() {
    let smtp = |url| warnings(&[("MAILER", "smtp"), ("SMTP_URL", url), ("MAIL_FROM", "users@example.com")]);
    for clear in ["smtp://mail:25", "smtp://192.0.2.1", "smtp://mail?tls=opportunistic"] {
        let said = smtp(clear);
        assert!(said.starts_with("SMTP_URL is not encrypted") && said.contains("tls=required"), "{clear}: {said}");
    }
    for safe in
        ["smtps://mail", "smtp://mail?tls=required", "smtp://localhost:25", "smtp://127.0.0.1", "smtp://[::1]:25"]
    {
        assert_eq!(smtp(safe), "", "{safe}");
    }
}
