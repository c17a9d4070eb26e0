"""Sends requests made from /openapi.json to a running service: none may get a 5xx or an answer outside the document.

`scripts/schemathesis.sh` prepares all that it needs: a service on SQLite with the fixture of the tests, and tokens.
Every operation is tried as master and as a tenant's administrator, with good and with bad values, for the rows of the
fixture and for any. Before each run of an operation the fixture is restored. The check of unknown methods is left out: they are
a 404 here, as in the original. Each operation must succeed at least once, or its answers were never seen.
"""

import argparse
import collections
import hashlib
import hmac
import json
import sqlite3
import sys
import time
import uuid

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TENANT = "a0000000-0000-4000-8000-000000000001"
ADMINISTRATORS = "a0000000-0000-4000-8000-000000000011"
FREE_ROLE = "a0000000-0000-4000-8000-000000000018"
FREE_GROUP = "a0000000-0000-4000-8000-000000000042"
FREE_CLIENT = "3000003"
# What stands for a parameter of a path, by the segment before it.
ROWS = {
    "tenants": TENANT,
    "groups": "a0000000-0000-4000-8000-000000000041",
    "user-tenants": "a0000000-0000-4000-8000-000000000032",
    "user-tenant-prefs": "a0000000-0000-4000-8000-000000000071",
    "roles": FREE_ROLE,
    "users": "a0000000-0000-4000-8000-000000000022",
    "user": "a0000000-0000-4000-8000-000000000022",
    "role-templates": "viewer",
    # A token, whose digest is among what must hold.
    "password-resets": "token",
    "clients": FREE_CLIENT,
    "invitations": "a0000000-0000-4000-8000-0000000000c1",
}
# The secret of the link of that invitation, and what puts it there.
SECRET = "a-secret-of-an-invitation"
INVITED = (
    "INSERT INTO invitations (id, tenant_id, address, first_name, role_id, by_master, secret, expires_on, status, delivery) "
    f"VALUES ('{{invitations}}', '{{tenants}}', 'guest@a.example', 'Gus', '{{roles}}', 1, '{hashlib.sha256(SECRET.encode()).hexdigest()}', "
    "'2099-01-02T03:04:05.678Z', 'pending', 'queued')"
)
# What must hold for an operation to be carried out: steps of a life lead on from somewhere.
OTHER_TENANT = "b0000000-0000-4000-8000-000000000001"
GIVEN = {
    "GET /tenants/{id}/invitations/{invitationId}": INVITED,
    "DELETE /tenants/{id}/invitations/{invitationId}": INVITED,
    "POST /tenants/{id}/invitations/{invitationId}/resend": INVITED,
    "GET /invitations/{token}": INVITED,
    "POST /invitations/{token}/accept": INVITED,
    "POST /invitations/{token}/decline": INVITED,
    "DELETE /groups/{id}/roles/{roleId}": "INSERT INTO group_roles (id, group_id, role_id) "
    "VALUES ('{roles}', '{groups}', '{roles}')",
    "DELETE /groups/{id}/groups/{memberGroupId}": "INSERT INTO group_groups (id, group_id, member_group_id) "
    f"VALUES ('{FREE_GROUP}', '{{groups}}', '{FREE_GROUP}')",
    "POST /tenants/{id}/activate": f"UPDATE tenants SET status = 2 WHERE id = '{OTHER_TENANT}'",
    "POST /tenants/{id}/restore": "UPDATE tenants SET status = 0, archived_from = 1, "
    f"archived_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = '{OTHER_TENANT}'",
    "POST /tenants/{id}/purge": "UPDATE tenants SET status = 0, archived_from = 1, "
    f"archived_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = '{OTHER_TENANT}'",
    "POST /tenants/{id}/users/{userId}/activate": "UPDATE user_tenants SET status = 0 WHERE id = '{user-tenants}'",
    "POST /tenants/{id}/users/{userId}/reactivate": "UPDATE user_tenants SET status = 2 WHERE id = '{user-tenants}'",
    "PUT /users/{id}/password": "DELETE FROM login_attempts; UPDATE user_credentials "
    "SET password = '$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG' WHERE user_id = 'a0000000-0000-4000-8000-000000000021'",
    "POST /credentials/verify": "DELETE FROM login_attempts",
    "POST /tenants/{id}/users/{userId}/password-reset": "DELETE FROM password_resets; DELETE FROM user_credentials WHERE user_id = '{users}'",
    "POST /password-resets/{token}": "DELETE FROM password_resets; INSERT INTO password_resets (id, tenant_id, user_id, token, expires_on, created_on) "
    "VALUES ('{users}', 'a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000021', "
    "'3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0', "
    "'2099-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
    "POST /users/{id}/reactivate": "UPDATE users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE id = '{users}'",
}
# Operations on a tenant that is not open are not about the caller's.
ELSEWHERE = ("/tenants/{id}/activate", "/tenants/{id}/restore", "/tenants/{id}/purge")
# The caller, where an operation is about nobody else.
CALLER = {
    "/users/{id}/password": {"id": "a0000000-0000-4000-8000-000000000021"},
    "/user/{id}/tenants": {"id": "a0000000-0000-4000-8000-000000000021"},
    "/user/{id}/default-tenant": {"id": "a0000000-0000-4000-8000-000000000021"},
    "/user/{id}/tenants/{tenantId}/accept": {"id": "a0000000-0000-4000-8000-000000000021", "tenantId": TENANT},
}
# Values of a body's members that only a row, or nobody else, can have.
MEMBERS = {
    "roleId": lambda: FREE_ROLE,
    "groupId": lambda: FREE_GROUP,
    "tenantId": lambda: TENANT,
    "defaultTenantId": lambda: TENANT,
    "email": lambda: f"{uuid.uuid4().hex[:12]}@x.example",
    "username": lambda: uuid.uuid4().hex[:12],
    "allowed": lambda: False,
    "permissions": lambda: ["ViewTenant"],
    "key": lambda: uuid.uuid4().hex[:12],
    "tenantKey": lambda: uuid.uuid4().hex[:12],
    # A name holds something that can be seen, and nothing that cannot, which a schema does not say.
    "name": lambda: f"N\u00e4me {uuid.uuid4().hex[:12]}",
    "tenantName": lambda: "Ten\u00e4nt",
    "firstName": lambda: "Zo\u00eb",
    "confirm": lambda: "tenant-b",
    "currentPassword": lambda: "correct horse battery staple",
    "password": lambda: f"four random words {uuid.uuid4().hex[:12]}",
    "clientId": lambda: uuid.uuid4().hex[:12],
    "clients": lambda: ["web"],
}
RUNS = [
    # caller, kind of values, whether the rows of the fixture are named
    ("master", GenerationMode.POSITIVE, True),
    ("master", GenerationMode.NEGATIVE, True),
    ("administrator", GenerationMode.POSITIVE, True),
    ("administrator", GenerationMode.POSITIVE, False),
    ("administrator", GenerationMode.NEGATIVE, False),
]


def restore(database, seed, label):
    """Puts the fixture in place of whatever is there, and what an operation needs."""
    connection = sqlite3.connect(database, timeout=30)
    connection.executescript(seed)
    connection.execute(
        "INSERT INTO roles (id, name, tenant_id, permissions) VALUES (?, 'free', ?, '[]')", (FREE_ROLE, TENANT)
    )
    connection.execute(
        "INSERT INTO auth_clients (id, client_id, client_secret, secret) VALUES (?, 'free', 'free', 'free')", (FREE_CLIENT,)
    )
    # What a token grants counts only where the caller's role grants it too.
    with open("openapi.json", encoding="utf-8") as file:
        operations = [operation for path in json.load(file)["paths"].values() for operation in path.values()]
    granted = sorted({permission for operation in operations for permission in operation["x-permissions"]})
    connection.execute(
        "UPDATE roles SET permissions = ?, allowed_clients = NULL WHERE id = ?", (json.dumps(granted), ADMINISTRATORS)
    )
    # What migrations have made is no part of the seed.
    connection.executescript(
        "DELETE FROM role_templates WHERE version > 1 OR name NOT IN ('owner', 'administrator', 'member', 'viewer'); "
        "UPDATE role_templates SET retired_on = NULL; DELETE FROM group_roles; DELETE FROM group_groups; "
        "DELETE FROM invitations"
    )
    connection.executescript(GIVEN.get(label, "").format_map(ROWS))
    connection.commit()
    connection.close()


def path_parameters(path):
    """The rows of the fixture that a path can name."""
    if path in CALLER:
        return CALLER[path]
    if path in ELSEWHERE:
        return {"id": OTHER_TENANT}
    if path.startswith("/invitations/"):
        return {"token": SECRET}
    segments = path.strip("/").split("/")
    if path.endswith("/{memberGroupId}"):
        return {"id": ROWS["groups"], "memberGroupId": FREE_GROUP}
    return {
        name[1:-1]: ROWS[before] for before, name in zip(segments, segments[1:]) if name.startswith("{")
    }


def settle(case):
    """Makes members of the body refer to rows that are there, and names new; of conditions, one that is true."""
    if "PATCH" in case.method and case.path.endswith("/roles"):
        case.query = {"where": json.dumps({"id": FREE_ROLE})}
    if not isinstance(case.body, dict):
        return
    if case.method in ("POST", "PUT") and case.path in ("/tenants", "/tenants/{id}"):
        # Asked for once the rest is right, so that the schema does not name it as required.
        case.body["key"] = ""
    for name, value in MEMBERS.items():
        if name in case.body:
            case.body[name] = value()
    if case.path == "/tenants/provision":
        settle_parts(case.body)
    if case.path.startswith("/role-templates"):
        # Each save makes the next version of the same template.
        case.body.pop("expectedVersion", None)
        if "name" in case.body:
            case.body["name"] = f"t{uuid.uuid4().hex[:12]}"
        if "tenantIds" in case.body:
            case.body["tenantIds"] = [OTHER_TENANT]
    # The path says which row.
    case.body.pop("id", None)
    if "userTenantId" in case.body:
        in_group = case.path.startswith("/groups")
        case.body["userTenantId"] = ROWS["user-tenants"] if not in_group else "a0000000-0000-4000-8000-000000000033"
    if isinstance(case.body.get("authClient"), dict):
        case.body["authClient"]["clientId"] = uuid.uuid4().hex[:12]
        case.body["authClient"]["clientSecret"] = "s"
        case.body["authClient"]["secret"] = "s"


def settle_parts(body):
    """Makes the parts of a provisioning name what is there, and nothing that is taken or there twice."""
    named = {"key": "key", "name": "name"}, {"email": "email", "username": "username", "firstName": "firstName"}
    for part, names in zip(("tenant", "administrator"), named):
        if isinstance(body.get(part), dict):
            body[part].update({name: MEMBERS[like]() for name, like in names.items()})
    if isinstance(body.get("administrator"), dict):
        body["administrator"].pop("template", None)
    if isinstance(body.get("client"), dict):
        body["client"]["clientId"] = uuid.uuid4().hex[:12]
    if isinstance(body.get("roles"), list):
        body["roles"] = ["owner", "viewer"]
    for part, name in (("groups", "name"), ("configs", "configKey")):
        for row in body.get(part) if isinstance(body.get(part), list) else []:
            if isinstance(row, dict):
                row[name] = uuid.uuid4().hex[:12]


def sign(case, secret):
    """The headers of a signed request; the service signs the compact form of what it has read."""
    now = str(int(time.time() * 1000))
    body = json.dumps(case.body, separators=(",", ":"), ensure_ascii=False)
    signature = hmac.new(secret.encode(), (body + now).encode("utf-8", "surrogatepass"), hashlib.sha256)
    return {"x-signature": signature.hexdigest(), "x-timestamp": now}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--database", required=True, help="the service's SQLite file")
    parser.add_argument("--seed", required=True, help="SQL that puts the fixture in place")
    parser.add_argument("--master", required=True, help="a token of a master")
    parser.add_argument("--administrator", required=True, help="a token of a tenant's administrator")
    parser.add_argument("--callback-secret", required=True)
    parser.add_argument("--examples", type=int, default=26, help="requests of each of the runs of an operation")
    parser.add_argument("--at-least", type=int, default=0, help="fewer requests in all are a failure")
    parser.add_argument("--only", default="", help="the operations whose name contains this")
    options = parser.parse_args()
    with open(options.seed, encoding="utf-8") as file:
        seed = file.read()
    tokens = {"master": options.master, "administrator": options.administrator}
    schema = schemathesis.openapi.from_url(f"{options.url}/openapi.json")
    session = requests.Session()
    sent, succeeded, failures = 0, collections.Counter(), {}
    operations = [result.ok() for result in schema.get_all_operations()]
    operations = [operation for operation in operations if options.only in operation.label]
    for operation in operations:
        statuses = collections.Counter()
        for caller, mode, named in RUNS:
            restore(options.database, seed, operation.label)
            fixed = path_parameters(operation.path) if named else {}
            strategy = operation.as_strategy(generation_mode=mode, path_parameters=fixed or None)

            @given(case=strategy, settled=st.booleans())
            @settings(
                max_examples=options.examples,
                deadline=None,
                database=None,
                derandomize=True,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            )
            def send(case, settled):
                nonlocal sent
                if settled and named and mode is GenerationMode.POSITIVE:
                    settle(case)
                headers = {"authorization": f"Bearer {tokens[caller]}"}
                if case.path == "/user-callback" and settled and mode is GenerationMode.POSITIVE:
                    case.headers = {**(case.headers or {}), **sign(case, options.callback_secret)}
                answer = case.call(base_url=options.url, session=session, headers=headers)
                sent += 1
                statuses[answer.status_code] += 1
                case.validate_response(answer, checks=CHECKS)

            try:
                send()
            except Unsatisfiable as error:
                # Any text is a token: where nothing else is sent, no request is wrong by its form.
                if mode is not GenerationMode.NEGATIVE or "{token}" not in operation.path or list(operation.body):
                    failures.setdefault(operation.label, []).append(f"{caller}, {mode.value}: {describe(error)}")
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                failures.setdefault(operation.label, []).append(f"{caller}, {mode.value}: {describe(error)}")
        succeeded[operation.label] += sum(count for status, count in statuses.items() if status < 300)
        print(f"{operation.label:60} {dict(sorted(statuses.items()))}", flush=True)
    silent = [operation.label for operation in operations if not succeeded[operation.label]]
    for label, found in failures.items():
        for failure in found:
            print(f"\nFAILED {label}\n{failure}", file=sys.stderr)
    for label in silent:
        print(f"\nFAILED {label}: no request succeeded", file=sys.stderr)
    print(f"{sent} requests to {len(operations)} operations, {len(failures)} operations failed, {len(silent)} never succeeded")
    if sent < options.at_least:
        print(f"\nFAILED: {options.at_least} requests were to be sent", file=sys.stderr)
    return 1 if failures or silent or sent < options.at_least else 0


def describe(error):
    """What went wrong, without the stack of the library."""
    if isinstance(error, FailureGroup):
        return "\n".join(str(one) for one in error.exceptions)
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(describe(one) for one in error.exceptions)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
