//! What must hold of every entity in the registry, so that nothing else has to check it again.

use std::collections::HashSet;

use serde_json::{Value, json};
use user_tenant_store::entity::{Entity, OwnerRule, PropertyRole, PropertyType, TenantRule, Veil};

use super::*;

/// Every pair of keys that an entity says are equal: its own property, the other entity, its property.
fn joins(meta: &'static EntityMeta) -> Vec<(&'static str, &'static EntityMeta, &'static str)> {
    let mut joins: Vec<_> =
        meta.relations.iter().map(|relation| (relation.local, (relation.target)(), relation.foreign)).collect();
    if let TenantRule::Through { local, foreign, via } = meta.tenancy {
        joins.push((local, via(), foreign));
    }
    if let Some(OwnerRule::Through { local, foreign, via }) = meta.owner {
        joins.push((local, via(), foreign));
    }
    joins
}

#[test]
fn joined_properties_exist_and_have_one_type() {
    for meta in registry().iter().map(|entity| entity()) {
        for (local, other, foreign) in joins(meta) {
            let join = format!("{}.{local} = {}.{foreign}", meta.name, other.name);
            let local = meta.property(local).unwrap_or_else(|| panic!("no local property: {join}"));
            let foreign = other.property(foreign).unwrap_or_else(|| panic!("no foreign property: {join}"));
            assert_eq!(local.kind, foreign.kind, "{join}");
        }
    }
}

#[test]
fn joined_entities_are_registered_themselves() {
    let names: HashSet<_> = registry().iter().map(|entity| entity().name).collect();
    assert_eq!(names.len(), registry().len());
    for meta in registry().iter().map(|entity| entity()) {
        for (_, other, _) in joins(meta) {
            assert!(names.contains(other.name), "{} refers to {}", meta.name, other.name);
        }
    }
}

/// The veil is declared where a person is read alone and where persons are listed; the queries hide the same.
#[test]
fn lists_veil_of_a_person_what_a_person_read_alone_veils() {
    let veiled = |meta: &'static EntityMeta| -> Vec<_> {
        let veiled = meta.properties.iter().filter(|property| property.veil != Veil::None);
        veiled.map(|property| (property.name, property.column, property.veil)).collect()
    };
    assert_eq!(veiled(User::meta()), veiled(UserView::meta()));
    for query in [User::meta().tenant_query.unwrap(), UserView::meta().query.unwrap()] {
        for (name, column, veil) in veiled(User::meta()) {
            assert!(query.contains(&format!("u.{column} AS own_{column}")), "{column}");
            let shown = match veil {
                Veil::Replaces => format!("THEN ut.introduction ->> '{name}' ELSE u.{column} END AS {column},"),
                _ => format!("THEN NULL ELSE u.{column} END AS {column},"),
            };
            assert!(query.contains(&shown), "{shown}");
        }
        assert_eq!(query.matches("AS own_").count(), veiled(User::meta()).len());
    }
}

/// Whether a read may be long is told by these bounds: a page of users is none.
#[test]
fn what_a_row_of_a_list_may_hold_is_bounded() {
    for property in UserView::meta().properties.iter().filter(|property| property.role != PropertyRole::Audit) {
        let bounded = match property.kind {
            PropertyType::Text => property.rules.max_length.is_some() || property.rules.one_of_text.is_some(),
            PropertyType::TextArray | PropertyType::IntegerArray => property.rules.max_items.is_some(),
            PropertyType::Json => property.rules.max_bytes.is_some(),
            _ => true,
        };
        assert!(bounded, "{}", property.name);
    }
}

#[test]
fn every_tenancy_and_ownership_ends_at_a_column() {
    for meta in registry().iter().map(|entity| entity()) {
        let mut step = meta;
        for _ in 0..registry().len() {
            let TenantRule::Through { via, .. } = step.tenancy else {
                break;
            };
            step = via();
        }
        match (meta.tenancy, step.tenancy) {
            (TenantRule::Global { reason }, _) => assert!(!reason.is_empty(), "{}", meta.name),
            (_, TenantRule::Column(name)) => assert_eq!(name, "tenantId", "{}", meta.name),
            (_, end) => assert!(matches!(end, TenantRule::Itself), "{} ends at {end:?}", meta.name),
        }
        if let Some(OwnerRule::Through { via, .. }) = meta.owner {
            assert!(matches!(via().owner, Some(OwnerRule::Column(_))), "{}", meta.name);
        }
    }
}

#[test]
fn what_ties_a_row_to_its_tenant_is_never_data() {
    for meta in registry().iter().map(|entity| entity()) {
        let (TenantRule::Column(key) | TenantRule::Through { local: key, .. }) = meta.tenancy else {
            continue;
        };
        let role = meta.property(key).map(|property| property.role);
        assert!(matches!(role, Some(PropertyRole::Parent | PropertyRole::Id)), "{}.{key} is {role:?}", meta.name);
    }
}

#[test]
fn names_and_columns_are_unique_and_described() {
    for meta in registry().iter().map(|entity| entity()) {
        assert!(!meta.description.is_empty(), "{}", meta.name);
        let names: HashSet<_> = meta.properties.iter().map(|property| property.name).collect();
        let columns: HashSet<_> = meta.properties.iter().map(|property| property.column).collect();
        assert_eq!((names.len(), columns.len()), (meta.properties.len(), meta.properties.len()), "{}", meta.name);
        for property in meta.properties {
            assert!(!property.description.is_empty(), "{}.{}", meta.name, property.name);
        }
    }
}

#[test]
fn defaults_are_json_of_the_propertys_type() {
    for meta in registry().iter().map(|entity| entity()) {
        for property in meta.properties {
            let Some(default) = property.rules.default else {
                continue;
            };
            let value: Value = serde_json::from_str(default).unwrap();
            let fits = match property.kind {
                PropertyType::Integer => value.is_i64(),
                PropertyType::Boolean => value.is_boolean(),
                PropertyType::Text => value.is_string(),
                _ => false,
            };
            assert!(fits, "{}.{}: {default}", meta.name, property.name);
        }
    }
}

#[test]
fn secrets_are_hidden_and_credentials_not_includable() {
    let hidden: Vec<String> = registry()
        .iter()
        .map(|entity| entity())
        .flat_map(|meta| meta.properties.iter().map(move |property| (meta.name, property)))
        .filter(|(_, property)| property.hidden)
        .map(|(entity, property)| format!("{entity}.{}", property.name))
        .collect();
    assert_eq!(
        hidden,
        [
            // No secrets, but the service's own: our routes tell of them, to whom they concern.
            "Tenant.archivedOn",
            "Tenant.archivedFrom",
            "Tenant.purgingOn",
            "Tenant.retentionDays",
            "Tenant.maxMembers",
            "Tenant.maxInvitations",
            "Role.templateName",
            "Role.templateVersion",
            "User.deactivatedOn",
            "UserView.deactivatedOn",
            "UserCredentials.authToken",
            "UserCredentials.secretKey",
            "UserCredentials.password",
            "PasswordRecord.previous",
            "PasswordRecord.rehashed",
            "PasswordReset.token",
            "PasswordReset.mailedTo",
            // No secret, but shown in the place of the person's own names only.
            "UserTenant.introduction",
            "UserTenant.suspendedFrom",
            "UserInvitation.token",
            "AuthClient.clientSecret",
            "AuthClient.secret",
            "AuthClient.tenantId",
            "JwtKey.privateKey",
            "Job.payload",
            "Mail.recipient",
            "IdempotencyKey.headers",
            "IdempotencyKey.body",
            "Invitation.token",
            "Invitation.secret",
        ]
    );
    let shown = registry()
        .iter()
        .flat_map(|entity| entity().properties)
        .filter(|property| property.hidden && !property.secret)
        .map(|property| property.name);
    let logged = [
        "archivedOn",
        "archivedFrom",
        "purgingOn",
        "retentionDays",
        "maxMembers",
        "maxInvitations",
        "templateName",
        "templateVersion",
        "deactivatedOn",
        "deactivatedOn",
        "introduction",
        "suspendedFrom",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), logged, "values that the audit log shows and nobody else");
    for meta in registry().iter().map(|entity| entity()) {
        for relation in meta.relations {
            assert!(!relation.includable || (relation.target)().name != "UserCredentials", "{}", meta.name);
        }
    }
}

#[test]
fn a_tenant_has_its_properties_in_the_order_of_responses() {
    let shown = Tenant::meta().properties.iter().filter(|property| !property.hidden);
    let names: Vec<_> = shown.map(|property| property.name).collect();
    assert_eq!(
        names,
        [
            "deleted",
            "deletedOn",
            "deletedBy",
            "createdOn",
            "modifiedOn",
            "createdBy",
            "modifiedBy",
            "id",
            "name",
            "status",
            "key",
            "website",
            "address",
            "city",
            "state",
            "zip",
            "country",
        ]
    );
}

#[test]
fn dates_keep_their_form_through_a_model() {
    let json = json!({
        "deleted": false,
        "id": "a0000000-0000-4000-8000-000000000021",
        "firstName": "Alice",
        "lastName": null,
        "middleName": null,
        "username": "alice",
        "email": "alice@a.example",
        "designation": null,
        "phone": null,
        "authClientIds": [1, 2],
        "lastLogin": "2024-01-03T00:00:00.070Z",
        "photoUrl": null,
        "gender": "F",
        "dob": "1990-05-06T00:00:00.000Z",
        "defaultTenantId": null,
    });
    let user: User = serde_json::from_value(json.clone()).unwrap();
    let mut again = serde_json::to_value(user).unwrap();
    again["deleted"] = json!(false);
    assert_eq!(again, json);
}

#[test]
fn a_model_is_read_without_its_hidden_and_optional_members() {
    let invitation: UserInvitation = serde_json::from_value(json!({
        "id": "a0000000-0000-4000-8000-0000000000a1",
        "expiresOn": "2030-01-01T00:00:00.000Z",
        "userTenantId": "a0000000-0000-4000-8000-000000000033",
    }))
    .unwrap();
    assert_eq!(invitation.token, None);
    let written = serde_json::to_value(UserInvitation { token: Some("secret".into()), ..invitation }).unwrap();
    assert_eq!(written.get("token"), None);
}

#[test]
fn status_numbers_convert_both_ways() {
    for number in 0..=4 {
        assert_eq!(UserStatus::try_from(number).map(i32::from), Ok(number));
    }
    assert_eq!(UserStatus::try_from(5), Err(5));
    assert_eq!(TenantStatus::try_from(1), Ok(TenantStatus::Active));
    assert_eq!(TenantStatus::try_from(2), Ok(TenantStatus::Pending));
    assert_eq!(TenantStatus::try_from(3), Err(3));
    let may_act: Vec<_> =
        (0..=4).filter(|number| UserStatus::try_from(*number).is_ok_and(UserStatus::may_act)).collect();
    assert_eq!(may_act, [0, 1, 3]);
}

/// What a client may write without bound, it can fill the disk and the memory of readers with.
#[test]
fn every_value_of_a_client_has_a_bound() {
    // No request writes these.
    let unwritten = ["JwtKey", "UserCredentials", "Holding", "Event"];
    for meta in registry().iter().map(|entity| entity()).filter(|meta| !unwritten.contains(&meta.name)) {
        for property in meta.properties.iter().filter(|property| property.role == PropertyRole::Data) {
            let rules = &property.rules;
            let bounded = match property.kind {
                PropertyType::Text => rules.max_length.is_some() || rules.one_of_text.is_some(),
                PropertyType::TextArray => rules.max_items.is_some() && rules.max_length.is_some(),
                PropertyType::IntegerArray => rules.max_items.is_some(),
                PropertyType::Json => rules.max_bytes.is_some(),
                _ => true,
            };
            assert!(bounded, "{}.{}", meta.name, property.name);
        }
    }
}

#[test]
fn statuses_have_the_words_of_their_enumerations() {
    let word = |variant: String| {
        let dashed = variant
            .chars()
            .enumerate()
            .flat_map(|(at, c)| (at > 0 && c.is_uppercase()).then_some('-').into_iter().chain(c.to_lowercase()));
        dashed.collect::<String>()
    };
    let words = |meta: &EntityMeta| meta.property("status").and_then(|status| status.rules.words).unwrap_or_default();
    let tenant = (0..).map_while(|number| TenantStatus::try_from(number).ok());
    assert_eq!(tenant.map(|status| word(format!("{status:?}"))).collect::<Vec<_>>(), words(Tenant::meta()));
    let user = (0..).map_while(|number| UserStatus::try_from(number).ok());
    assert_eq!(user.map(|status| word(format!("{status:?}"))).collect::<Vec<_>>(), words(UserView::meta()));
}
