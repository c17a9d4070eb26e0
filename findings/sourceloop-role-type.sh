#!/usr/bin/env bash
# Two packages of one vendor, meant for one database, disagree on whether a role may be made without a type; and the type
# filled in where it may is the one that the vendor's core names `Admin`.
#
# Seen on 2026-11-28 with @sourceloop/user-tenant-service 8.1.1 (on @sourceloop/core 21.1.1) and
# @sourceloop/authentication-service 19.2.2 (on @sourceloop/core 14.2.3).
#
# What is surprising:
# * The role of the authentication service requires `roleType`; the role of the user and tenant service, for the same
#   table `roles`, does not. A role without it is refused by the one, before any database, and stored by the other.
# * Both migrations give the column the default 0, and both versions of the core name 0 `RoleTypes.Admin` and 1 `Others`.
#   So a role "Viewer" that was made without a type is of the administrators' type.
# * What the repository answers to its making does not say so: the default is the database's, and the answer has no
#   `roleType` at all. Only who reads the role again sees the 0.
# * `RoleTypes` is a `const enum`: the names are inlined by tsc and are not there at run time, so a host in JavaScript, or
#   built by a tool that compiles file by file as esbuild does, has only bare numbers, of which 0 looks like "none".
#
# Why it matters: applications beside these services read the type to tell administrators from others, in menus and in
# rules. Who makes roles by the API must name the type always.
#
# What ours does: keeps the default, as a drop-in must, and takes a left-out type for what it becomes: who has no role of
# type 0 is refused one without a type as well as one of type 0 (403 `NotAllowedAccess`, difference `role-kind` in
# docs/compatibility.md).
set -euo pipefail

place=$(mktemp -d)
trap 'wait || true; rm -rf "$place"' EXIT
cd "$place"

into() {
  mkdir "$1"
  echo '{"private": true}' >"$1/package.json"
  (cd "$1" && npm install --loglevel=error --ignore-scripts --no-audit --no-fund "${@:2}" >&2)
}
into users @sourceloop/user-tenant-service@8.1.1 @sourceloop/core@21.1.1 @loopback/rest@15.0.16 \
  @loopback/repository@8.0.15 @loopback/repository-json-schema@9.0.16 loopback-connector-postgresql@9.0.3 \
  @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 typescript@7.0.2 esbuild@0.28.2 &
users=$!
into logins @sourceloop/authentication-service@19.2.2 @sourceloop/core@14.2.3 @loopback/rest@14.0.14 \
  @loopback/repository@7.0.14 @loopback/repository-json-schema@8.0.14 &
logins=$!
wait "$users"
wait "$logins"

# The model, without a database: its schema, and what becomes of a body that has all but a type.
cat >model.js <<'JS'
const path = require('node:path');
const { getJsonSchema } = require('@loopback/repository-json-schema');
const { DefaultCrudRepository, juggler } = require('@loopback/repository');
const { validateValueAgainstSchema } = require('@loopback/rest');

async function main(service) {
  const folder = path.resolve('node_modules/@sourceloop', service);
  // The model's file: the package's own entry loads bcrypt, whose binary comes from an install script.
  const { Role } = require(path.join(folder, 'dist/models/role.model.js'));
  console.log(`${service} ${require(path.join(folder, 'package.json')).version}`);

  const schema = getJsonSchema(Role);
  const { minimum, maximum } = schema.properties.roleType;
  console.log(`  roleType: ${minimum} to ${maximum}, ${schema.required.includes('roleType') ? 'required' : 'optional'}`);

  const role = { id: '1', name: 'Viewer', tenantId: '2' };
  const source = new juggler.DataSource({ name: 'db', connector: 'memory' });
  const said = error => (error.details?.[0]?.message ? `refused, ${error.details[0].message}` : `refused, ${error.message}`);
  const body = await validateValueAgainstSchema(role, schema).then(() => 'accepted', said);
  console.log(`  a body without it: ${body}`);
  const stored = await new DefaultCrudRepository(Role, source).create(role).then(() => 'accepted', said);
  console.log(`  a repository without it: ${stored}`);
}
main(process.argv[2]);
JS

# The tables as the packages' migrations make them, in a PostgreSQL of this process, and a role made in one of them.
cat >table.js <<'JS'
const { readFileSync } = require('node:fs');
const { DefaultCrudRepository, juggler } = require('@loopback/repository');
const { Role } = require('@sourceloop/user-tenant-service');

const MIGRATIONS = {
  'user-tenant-service': 'migrations/pg/migrations/sqls/20230905130235-init-up.sql',
  'authentication-service': 'migrations/pg/migrations/sqls/20210318100600-init-up.sql',
};
const COLUMN = `SELECT column_default, is_nullable FROM information_schema.columns
  WHERE table_schema = 'main' AND table_name = 'roles' AND column_name = 'role_type'`;

async function main() {
  const { PGlite } = await import('@electric-sql/pglite');
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket');
  const made = {};
  for (const [service, file] of Object.entries(MIGRATIONS)) {
    const folder = service === 'user-tenant-service' ? '.' : '../logins';
    made[service] = await PGlite.create();
    await made[service].exec(readFileSync(`${folder}/node_modules/@sourceloop/${service}/${file}`, 'utf8'));
    const [column] = (await made[service].query(COLUMN)).rows;
    console.log(`${service}: column role_type, default ${column.column_default}, nullable ${column.is_nullable}`);
  }

  const database = made['user-tenant-service'];
  const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0 });
  await server.start();
  const source = new juggler.DataSource({
    name: 'db', connector: require('loopback-connector-postgresql'), max: 1,
    host: '127.0.0.1', port: server.server.address().port, user: 'postgres', database: 'postgres', schema: 'main',
  });
  const [tenant] = (await database.query(`INSERT INTO main.tenants (name, key) VALUES ('A', 'a') RETURNING id`)).rows;
  const roles = new DefaultCrudRepository(Role, source);
  const answer = await roles.create({ name: 'Viewer', tenantId: tenant.id });
  console.log(`user-tenant-service: made without a type, the answer's roleType is ${answer.roleType}`);
  console.log(`user-tenant-service: the same role read again, roleType is ${(await roles.findById(answer.id)).roleType}`);
  await source.disconnect();
  await server.stop();
}
main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
JS

# The names of the types.
cat >names.ts <<'TS'
import { RoleTypes } from '@sourceloop/core';
console.log(`Admin is ${RoleTypes.Admin}, Others is ${RoleTypes.Others}`);
TS

names() {
  cp names.ts "$1"
  cd "$1"
  local tools=../users/node_modules/.bin
  echo "core $(node -p "require('./node_modules/@sourceloop/core/package.json').version")"
  "$tools/tsc" --ignoreConfig --skipLibCheck --target es2022 --module nodenext --types '' names.ts
  echo "  compiled by tsc: $(node names.js)"
  "$tools/esbuild" names.ts --log-level=error --format=cjs --outfile=single.cjs
  echo "  compiled by esbuild: $(node -e "try { require('./single.cjs') } catch (error) { console.log(error.name) }")"
  echo "  RoleTypes at run time: $(node -p "typeof require('@sourceloop/core').RoleTypes")"
  cd ..
}

{
  cp model.js users && (cd users && node model.js user-tenant-service)
  cp model.js logins && (cd logins && node model.js authentication-service)
  cp table.js users && (cd users && node table.js)
  names users
  names logins
} | tee seen

diff - seen <<'SEEN' || { echo 'not as on 2026-11-28 (< then, > now)' >&2; exit 1; }
user-tenant-service 8.1.1
  roleType: 0 to 15, optional
  a body without it: accepted
  a repository without it: accepted
authentication-service 19.2.2
  roleType: 0 to 15, required
  a body without it: refused, must have required property 'roleType'
  a repository without it: refused, The `roles` instance is not valid. Details: `roleType` can't be blank (value: undefined).
user-tenant-service: column role_type, default 0, nullable YES
authentication-service: column role_type, default 0, nullable NO
user-tenant-service: made without a type, the answer's roleType is undefined
user-tenant-service: the same role read again, roleType is 0
core 21.1.1
  compiled by tsc: Admin is 0, Others is 1
  compiled by esbuild: TypeError
  RoleTypes at run time: undefined
core 14.2.3
  compiled by tsc: Admin is 0, Others is 1
  compiled by esbuild: TypeError
  RoleTypes at run time: undefined
SEEN
echo 'as on 2026-11-28'
