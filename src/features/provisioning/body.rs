//! The body of a provisioning: its schema, made from those of the entities, and how it is read.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::record::New;
use user_tenant_store::{Entity, schema};

use super::wanted::Provision;
use crate::error::{Error, Result};
use crate::features::lifecycle::limits;
use crate::features::reason::{self, REASON};
use crate::http::route::{Document, Form};
use crate::model::{AuthClient, Group, Tenant, TenantConfig, TenantState, TenantStatus, User};

/// Most templates that are named: the administrator's may come on top.
const MOST_ROLES: usize = 20;
/// Most groups and most configurations. The answer names all, and must not be longer than one that can be kept.
const MOST_GROUPS: usize = 30;
const MOST_CONFIGS: usize = 50;
/// The longest name of a language and region.
const LONGEST_LOCALE: usize = 5;
/// The longest name of a template.
const LONGEST_TEMPLATE: usize = 100;

/// A tenant to make, with all that it begins with.
pub(super) struct TenantProvision;

impl Document for TenantProvision {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let template = |description: &str| json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_TEMPLATE, "description": description });
        let list = |most: usize, description: &str, items: Json| json!({ "type": "array", "maxItems": most, "description": description, "items": items });
        let mut tenant = part::<Tenant>(
            "The tenant.",
            &[Tenant::NAME.name(), Tenant::KEY.name()],
            &[
                Tenant::WEBSITE.name(),
                Tenant::ADDRESS.name(),
                Tenant::CITY.name(),
                Tenant::STATE.name(),
                Tenant::ZIP.name(),
                Tenant::COUNTRY.name(),
            ],
        );
        tenant["properties"]["status"] = json!({
            "type": "string",
            "enum": STATES.map(|(state, _)| word(state)),
            "default": word(TenantState::Active),
            "description": "Whether it is open from the beginning, or waits for `activate`.",
        });
        let mut administrator = part::<User>(
            "Who lets others in: somebody new, whose home the tenant is, or a known person, who is invited.",
            &[User::FIRST_NAME.name(), User::EMAIL.name()],
            &[
                User::USERNAME.name(),
                User::LAST_NAME.name(),
                User::MIDDLE_NAME.name(),
                User::DESIGNATION.name(),
                User::PHONE.name(),
                User::PHOTO_URL.name(),
                User::GENDER.name(),
                User::DOB.name(),
            ],
        );
        administrator["properties"]["username"]["description"] = "Name to log in with; without it, the address.".into();
        administrator["properties"]["locale"] = json!({ "type": "string", "maxLength": LONGEST_LOCALE, "description": "Language and region: `en`, `pt-br`." });
        administrator["properties"]["template"] = template("Template of their role; `owner` unless another is named.");
        let config = part::<TenantConfig>(
            "A value of its configuration.",
            &[TenantConfig::CONFIG_KEY.name(), TenantConfig::CONFIG_VALUE.name()],
            &[],
        );
        let group = part::<Group>(
            "A group, without members.",
            &[Group::NAME.name()],
            &[Group::DESCRIPTION.name(), Group::PHOTO_URL.name()],
        );
        let mut client = part::<AuthClient>(
            "A client application, which the administrator may log in with. Its secrets are made by the service.",
            &[],
            &[
                AuthClient::CLIENT_ID.name(),
                AuthClient::REDIRECT_URL.name(),
                AuthClient::ACCESS_TOKEN_EXPIRATION.name(),
                AuthClient::REFRESH_TOKEN_EXPIRATION.name(),
                AuthClient::AUTH_CODE_EXPIRATION.name(),
            ],
        );
        for (name, property) in client["properties"].as_object_mut().into_iter().flatten() {
            if name.ends_with("Expiration") {
                property["minimum"] = 0.into();
            }
        }
        client["properties"]["clientId"]["description"] = "Name that it presents; without it, the tenant's key.".into();
        json!({
            "title": "TenantProvision",
            "description": "A tenant with all that it begins with.",
            "type": "object",
            "additionalProperties": false,
            "required": ["tenant", "administrator"],
            "properties": {
                "tenant": tenant,
                "administrator": administrator,
                "roles": list(
                    MOST_ROLES,
                    "Templates of its roles; `owner`, `administrator`, `member` and `viewer` unless others are named. The \
                        administrator's is one of them in any case.",
                    template("Name of a template."),
                ),
                "configs": list(MOST_CONFIGS, "Its configuration, each key once.", config),
                "groups": list(MOST_GROUPS, "Its groups, each name once.", group),
                "client": client,
                "limits": {
                    "type": "object",
                    "description": "How much it may have. The administrator is the first member, and the first who is invited.",
                    "additionalProperties": false,
                    "properties": limits(1),
                },
                REASON: reason::schema(),
            },
            "examples": [{
                "tenant": { "name": "Acme", "key": "acme", "city": "Porto" },
                "administrator": { "firstName": "Ann", "lastName": "Lee", "email": "ann@acme.example" },
                "configs": [{ "configKey": "theme", "configValue": { "colour": "green" } }],
                "groups": [{ "name": "Night shift", "description": "Whoever is there after ten." }],
                "client": { "clientId": "acme-web", "redirectUrl": "https://acme.example/login" },
                "limits": { "maxMembers": 50, "maxInvitations": 10, "retentionDays": 90 },
                REASON: "Order 4711",
            }],
        })
    }
}

/// The states that a tenant may begin with.
const STATES: [(TenantState, TenantStatus); 2] =
    [(TenantState::Active, TenantStatus::Active), (TenantState::Pending, TenantStatus::Pending)];

fn word(state: TenantState) -> &'static str {
    use crate::model::lifecycle::Status as _;

    state.word()
}

/// The schema of a part that is a row of an entity: the properties that it must have, and those that it may have.
fn part<E: Entity>(description: &str, required: &[&str], others: &[&str]) -> Json {
    let mut whole = schema::create(E::meta(), &[]);
    let properties = required.iter().chain(others).map(|name| ((*name).to_owned(), whole["properties"][*name].take()));
    let properties: Map<String, Json> = properties.collect();
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// What a body asks for, which the schema has let through. What is wrong with a row is told with the way to it.
pub(super) fn wanted(body: &Map<String, Json>) -> Result<Provision> {
    let part = |name: &str| body.get(name).and_then(Json::as_object).cloned();
    let mut tenant = part("tenant").unwrap_or_default();
    let status = tenant.remove("status");
    tenant.extend(part("limits").unwrap_or_default());
    let mut tenant = row::<Tenant>(&tenant, "tenant")?;
    if let Some((_, status)) = STATES.iter().find(|(state, _)| status.as_ref().is_some_and(|sent| sent == word(*state)))
    {
        tenant = tenant.with(Tenant::STATUS, i32::from(*status))?;
    }
    let mut administrator = part("administrator").unwrap_or_default();
    let mut own = |name: &str| administrator.remove(name).as_ref().and_then(Json::as_str).map(ToOwned::to_owned);
    let (locale, template) = (own("locale"), own("template"));
    let wanted = Provision::new(tenant, row(&administrator, "administrator")?);
    Ok(Provision {
        locale,
        template: template.unwrap_or(wanted.template),
        roles: body
            .get("roles")
            .and_then(Json::as_array)
            .map_or(wanted.roles, |roles| roles.iter().filter_map(Json::as_str).map(ToOwned::to_owned).collect()),
        configs: rows(body, "configs")?,
        groups: rows(body, "groups")?,
        client: part("client").map(|client| row(&client, "client")).transpose()?,
        ..wanted
    })
}

fn row<E: Entity>(sent: &Map<String, Json>, place: &str) -> Result<New<E>> {
    New::from_json(sent).map_err(|error| Error::from(error).within(place))
}

fn rows<E: Entity>(body: &Map<String, Json>, list: &str) -> Result<Vec<New<E>>> {
    let sent = body.get(list).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object);
    sent.enumerate().map(|(at, sent)| row(sent, &format!("{list}/{at}"))).collect()
}
