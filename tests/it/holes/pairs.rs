//! Which rows rest on which, by the metadata: each such pair is raced, or stays by a rule that is written down here.

use std::collections::BTreeSet;

use user_tenant_service::model::registry;
use user_tenant_store::entity::{EntityMeta, RelationKind, TenantRule};

use super::races::RACED;

/// Pairs whose lower row stays live when the upper one is deleted, before or after, and why that does no harm. A race between
/// the two ends as one of the two orders does.
const STAYING: [(&str, &str, &str); 18] = [
    (
        "groups",
        "tenants",
        "a deleted tenant's callers are refused, and its rows stay as they were for whoever brings it back",
    ),
    (
        "roles",
        "tenants",
        "a deleted tenant's callers are refused, and its rows stay as they were for whoever brings it back",
    ),
    (
        "tenant_configs",
        "tenants",
        "a deleted tenant's callers are refused, and its rows stay as they were for whoever brings it back",
    ),
    (
        "user_tenants",
        "tenants",
        "a deleted tenant's callers are refused, and its rows stay as they were for whoever brings it back",
    ),
    (
        "invitations",
        "tenants",
        "those of a deleted tenant are over for whoever has them, and stay as they were for whoever brings it back",
    ),
    ("jobs", "tenants", "a job looks at its tenant when it is done, and ends where there is nothing to do"),
    ("mails", "tenants", "what a mail is about is looked for when it is sent, and it is not where there is nothing"),
    (
        "idempotency_keys",
        "tenants",
        "a deleted tenant's callers are refused, and what was answered is forgotten after a day",
    ),
    ("users", "tenants", "a home that is deleted lets nobody log in to it; the person's other tenants stay"),
    (
        "user_permissions",
        "user_tenants",
        "no route reads or grants by the rows of a removed member; a new membership has none of them",
    ),
    (
        "user_tenant_prefs",
        "user_tenants",
        "no route reads or grants by the rows of a removed member; a new membership has none of them",
    ),
    ("user_invitations", "user_tenants", "no route makes or reads them"),
    ("user_credentials", "users", "no route deletes a person"),
    ("user_tenants", "users", "no route deletes a person"),
    ("address_proofs", "users", "no route deletes a person"),
    ("password_records", "users", "no route deletes a person"),
    ("password_resets", "users", "no route deletes a person"),
    ("password_resets", "tenants", "a link is of use only while its tenant is active"),
];

fn pairs() -> BTreeSet<(&'static str, &'static str)> {
    let mut pairs = BTreeSet::new();
    for meta in registry().iter().map(|entity| entity()).filter(|meta| !meta.read_only) {
        let belongs = meta.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo);
        let mut above: Vec<&'static EntityMeta> = belongs.map(|relation| (relation.target)()).collect();
        match meta.tenancy {
            TenantRule::Through { via, local, .. } if local != meta.id().name => above.push(via()),
            TenantRule::Column(_) => {
                above.extend(registry().iter().map(|entity| entity()).filter(|meta| meta.table == "tenants"));
            }
            _ => {}
        }
        pairs.extend(above.iter().filter(|above| above.soft_delete).map(|above| (meta.table, above.table)));
    }
    pairs
}

#[test]
fn what_rests_on_a_row_is_raced_or_stays_by_rule() {
    let known: BTreeSet<_> =
        RACED.iter().copied().chain(STAYING.iter().map(|(below, above, _)| (*below, *above))).collect();
    assert_eq!(pairs(), known);
    assert!(STAYING.iter().all(|(.., why)| why.len() > 20));
}
