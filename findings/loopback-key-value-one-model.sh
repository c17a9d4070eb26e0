#!/usr/bin/env bash
# Two key-value repositories on one data source are one store, whatever their models: what one keeps the other reads, replaces,
# lists and deletes, and a value that is read through the wrong one is an empty object of the right class.
#
# Seen on 2026-11-30 with @loopback/repository 8.0.15 and 7.0.14 (npm), with the connector kv-memory that comes with them; the
# same by hand with loopback-connector-kv-redis 4.0.0 on Redis 7.0.15.
#
# What is surprising:
# * `new DefaultKeyValueRepository(Cart, dataSource)` names its model, and the documentation of key-value repositories shows one
#   repository a model. Under it all repositories of a data source share a model that is named `_kvModel`: in Redis the cart of
#   ann is the key `_kvModel:ann`, and so is her session. The name of the model is in no key.
# * The second to write replaces what the first wrote, without an error.
# * A read keeps the properties that the asking model declares, and drops the others. So it does not show as foreign data: the
#   cart is there, and empty. `get` answers null only where nobody wrote.
# * `keys()` of one lists those of all, and `deleteAll()` of one deletes all.
#
# Why it matters: services keep revoked tokens, refresh tokens and caches in one Redis. A routine that empties a cache logs
# everybody out, and lets in again who was logged out. Whoever reads another service's Redis must not look for the names of
# models: the revoked token of @sourceloop/authentication-service, whose model is RevokedToken, is the key `_kvModel:<token>`.
#
# What ours does: it asks for `_kvModel:<token>`, and takes any value for a revocation (docs/authentication-service.md).
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
for version in 8.0.15 7.0.14; do
  mkdir "$version"
  echo '{"private": true}' >"$version/package.json"
  npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$version" "@loopback/repository@$version" >&2
done

cat >seen.js <<'JS'
async function see(name, {DefaultKeyValueRepository, Entity, ModelDefinition, juggler}) {
  class Cart extends Entity {}
  Cart.definition = new ModelDefinition({name: 'Cart', properties: {items: {type: 'number'}}});
  class Session extends Entity {}
  Session.definition = new ModelDefinition({name: 'Session', properties: {user: {type: 'string'}}});
  const source = new juggler.DataSource({name: 'kv', connector: 'kv-memory'});
  const carts = new DefaultKeyValueRepository(Cart, source);
  const sessions = new DefaultKeyValueRepository(Session, source);
  const kind = value => (value === null ? '' : `${value.constructor.name} `);
  const say = (what, value) => console.log(`${name}: ${what}: ${kind(value)}${JSON.stringify(value)}`);

  say('nobody wrote, the cart of ann', await carts.get('ann'));
  await sessions.set('ann', {user: 'Ann'});
  say('her session is kept, the cart of ann', await carts.get('ann'));
  await carts.set('ann', {items: 2});
  say('then her cart, the session of ann', await sessions.get('ann'));
  await carts.set('bob', {items: 1});
  const keys = [];
  for await (const key of sessions.keys()) keys.push(key);
  say('keys of sessions', keys.sort());
  await sessions.deleteAll();
  say('all sessions deleted, the cart of bob', await carts.get('bob'));
}

(async () => {
  for (const version of ['8.0.15', '7.0.14']) await see(version, require(`./${version}/node_modules/@loopback/repository`));
})();
JS

node seen.js | tee seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
8.0.15: nobody wrote, the cart of ann: null
8.0.15: her session is kept, the cart of ann: Cart {}
8.0.15: then her cart, the session of ann: Session {}
8.0.15: keys of sessions: Array ["ann","bob"]
8.0.15: all sessions deleted, the cart of bob: null
7.0.14: nobody wrote, the cart of ann: null
7.0.14: her session is kept, the cart of ann: Cart {}
7.0.14: then her cart, the session of ann: Session {}
7.0.14: keys of sessions: Array ["ann","bob"]
7.0.14: all sessions deleted, the cart of bob: null
SEEN
echo 'as on 2026-11-30'
