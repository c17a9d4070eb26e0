#!/usr/bin/env bash
# A repository with soft deletion writes into the condition that it was asked with. Who counts a tenant's rows and then purges them
# by the same object purges the live rows only, and what was deleted before stays for good.
#
# Seen on 2026-11-30 with loopback4-soft-delete 12.0.1 on @loopback/repository 8.0.15, with the memory connector and with
# loopback-connector-postgresql 9.0.3 on PostgreSQL 18 (@electric-sql/pglite 0.5.14): both alike but where said.
#
# What is surprising:
# * `count`, `find`, `findOne` and `updateAll` put `deleted: false` into the caller's own object. From then on `countAll`, `findAll`
#   and `deleteAllHard`, which are there for deleted rows too, pass over them when they get that object. No call fails; the
#   purge tells the number of rows that the count has told. @loopback/repository by itself changes no condition.
# * A condition with `and` gets one more member at each call: a filter that is made once, at the start of a program, has 101
#   members after 100 requests, and the statement of each request is longer than the one before.
# * A frozen object shows it: TypeError instead of an answer. `findById` copies what it gets, and changes nothing.
# * `undoSoftDeleteById` leaves `deletedBy`: a user who is back was still deleted by somebody. `deletedOn` goes (it becomes null on
#   PostgreSQL, and is absent in memory).
# * `deleteAll` deletes again what was deleted, with another time and author, and counts it; `deleteById` of the same row says
#   that there is none.
#
# Why it matters: the repositories of @sourceloop/user-tenant-service and @sourceloop/core are built on it. When a tenant is purged,
# the rows that stay are those of people who have left; and a retention that counts from `deletedOn` begins anew.
#
# What ours does: a condition is a value that no call changes; deleted rows keep the time and the author of their deletion, and
# do not count (difference `deleted-stay` in docs/compatibility.md).
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true}' >package.json
# The package names an old juggler as its peer; what runs is the one of @loopback/repository, as under @sourceloop/core.
npm install --loglevel=error --legacy-peer-deps --ignore-scripts --no-audit --no-fund loopback4-soft-delete@12.0.1 \
  @loopback/core@7.0.15 @loopback/repository@8.0.15 @loopback/rest@15.0.16 loopback-connector-postgresql@9.0.3 \
  @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 >&2

cat >seen.js <<'JS'
const { setTimeout: wait } = require('node:timers/promises');
const { DefaultCrudRepository, ModelDefinition, defineModelClass, juggler } = require('@loopback/repository');
const { SoftCrudRepository, SoftDeleteEntity } = require('loopback4-soft-delete');

const column = (type, columnName) => ({ type, postgresql: { columnName } });
const User = defineModelClass(SoftDeleteEntity, new ModelDefinition('user')
  .addProperty('id', { type: 'number', id: true })
  .addProperty('tenantId', column('string', 'tenant_id'))
  .addProperty('deleted', { type: 'boolean', default: false })
  .addProperty('deletedOn', column('date', 'deleted_on'))
  .addProperty('deletedBy', column('string', 'deleted_by')));

async function see(name, source) {
  const say = (...words) => console.log(`${name}:`, ...words);
  let caller = 'zoe';
  const users = new SoftCrudRepository(User, source, async () => ({ id: caller }));
  const all = { tenantId: 'acme' };
  // Users 1, 2 and 3 of one tenant; zoe has deleted 3.
  const begin = async () => {
    caller = 'zoe';
    await users.deleteAllHard({});
    await users.createAll([1, 2, 3].map(id => ({ id, tenantId: 'acme' })));
    await users.deleteById(3);
  };
  const kept = async () => (await users.findAll({ order: ['id ASC'] })).map(user => user.id).join(', ') || 'none';
  const row = async id => (await users.findAll({ where: { id } }))[0];

  // One object for all, as in `const ofTenant = …` above a few lines of code.
  for (const [word, step] of [
    ['first', () => {}],
    ['after count', where => users.count(where)],
    ['after find', where => users.find({ where })],
    ['after findOne', where => users.findOne({ where })],
    ['after updateAll', where => users.updateAll({ tenantId: 'acme' }, where)],
    ['after a count of LoopBack\'s own repository', where => new DefaultCrudRepository(User, source).count(where)],
  ]) {
    await begin();
    const where = { ...all };
    await step(where);
    const { count } = await users.countAll(where);
    const found = await users.findAll({ where });
    const purged = await users.deleteAllHard(where);
    say(`${word}: countAll ${count}, findAll ${found.length}, deleteAllHard ${purged.count}, left: ${await kept()}`);
  }

  await begin();
  const filter = { where: { and: [{ tenantId: 'acme' }] } };
  for (let request = 0; request < 100; request += 1) await users.find(filter);
  say(`a filter with one condition in "and", after 100 times find: ${filter.where.and.length} conditions`);
  const statement = source.connector.buildWhere?.('user', filter.where).sql;
  if (statement) say(`its statement: ${statement.split(' AND ').length} conditions`);
  const frozen = Object.freeze({ ...all });
  say('count with a frozen condition:', await (async () => (await users.count(frozen)).count)().catch(error => error.name));
  const include = { fields: ['id'] };
  await users.findById(1, include);
  say('the filter of findById, afterwards:', JSON.stringify(include));

  const before = await row(3);
  await wait(20);
  caller = 'ann';
  say('deleteById of a deleted row:', await users.deleteById(3).then(() => 'done', error => error.message));
  const again = await users.deleteAll({ ...all });
  const after = await row(3);
  say(`deleteAll: count ${again.count}; the row that ${before.deletedBy} had deleted was now deleted by ${after.deletedBy},`,
    after.deletedOn > before.deletedOn ? 'later' : 'then');
  await users.undoSoftDeleteById(3);
  const back = await row(3);
  say(`restored: deleted ${back.deleted}, deletedOn ${back.deletedOn}, deletedBy ${back.deletedBy}`);
}

async function main() {
  await see('memory', new juggler.DataSource({ name: 'db', connector: 'memory' }));
  const { PGlite } = await import('@electric-sql/pglite');
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket');
  const db = await PGlite.create();
  await db.exec(`CREATE TABLE "user" (id int PRIMARY KEY, tenant_id text, deleted boolean NOT NULL DEFAULT false,
    deleted_on timestamptz, deleted_by text)`);
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 });
  await server.start();
  await see('PostgreSQL', new juggler.DataSource({
    name: 'db', connector: require('loopback-connector-postgresql'), max: 1,
    host: '127.0.0.1', port: server.server.address().port, user: 'postgres', database: 'postgres',
  }));
}
main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
JS

node seen.js | tee seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
memory: first: countAll 3, findAll 3, deleteAllHard 3, left: none
memory: after count: countAll 2, findAll 2, deleteAllHard 2, left: 3
memory: after find: countAll 2, findAll 2, deleteAllHard 2, left: 3
memory: after findOne: countAll 2, findAll 2, deleteAllHard 2, left: 3
memory: after updateAll: countAll 2, findAll 2, deleteAllHard 2, left: 3
memory: after a count of LoopBack's own repository: countAll 3, findAll 3, deleteAllHard 3, left: none
memory: a filter with one condition in "and", after 100 times find: 101 conditions
memory: count with a frozen condition: TypeError
memory: the filter of findById, afterwards: {"fields":["id"]}
memory: deleteById of a deleted row: Entity not found: user with id 3
memory: deleteAll: count 3; the row that zoe had deleted was now deleted by ann, later
memory: restored: deleted false, deletedOn undefined, deletedBy ann
PostgreSQL: first: countAll 3, findAll 3, deleteAllHard 3, left: none
PostgreSQL: after count: countAll 2, findAll 2, deleteAllHard 2, left: 3
PostgreSQL: after find: countAll 2, findAll 2, deleteAllHard 2, left: 3
PostgreSQL: after findOne: countAll 2, findAll 2, deleteAllHard 2, left: 3
PostgreSQL: after updateAll: countAll 2, findAll 2, deleteAllHard 2, left: 3
PostgreSQL: after a count of LoopBack's own repository: countAll 3, findAll 3, deleteAllHard 3, left: none
PostgreSQL: a filter with one condition in "and", after 100 times find: 101 conditions
PostgreSQL: its statement: 102 conditions
PostgreSQL: count with a frozen condition: TypeError
PostgreSQL: the filter of findById, afterwards: {"fields":["id"]}
PostgreSQL: deleteById of a deleted row: Entity not found: user with id 3
PostgreSQL: deleteAll: count 3; the row that zoe had deleted was now deleted by ann, later
PostgreSQL: restored: deleted false, deletedOn null, deletedBy ann
SEEN
echo 'as on 2026-11-30'
