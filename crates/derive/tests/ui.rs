//! What must not compile, with the message that a developer then reads: one file in `ui/` a case.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
