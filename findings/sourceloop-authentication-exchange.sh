#!/usr/bin/env bash
# A client that refreshes its token within the second of the login is logged out by that: it gets the same token again, which
# the refresh has just revoked. And no exchange of a token leads into another tenant, though two ask for its id.
#
# Seen on 2026-11-30 with @sourceloop/authentication-service 19.2.2 (npm), with @sourceloop/core 14.2.3 and jsonwebtoken 9.0.3,
# on the connectors memory and kv-memory of @loopback/repository 7.0.14; the same on PostgreSQL 15 and Redis 7.
#
# What is surprising:
# * Its tokens have no id of their own (`jti`), `iat` and `exp` are whole seconds, and RS256 always signs alike. So all tokens of
#   one person that are issued in one second are one token, and it is by their text that tokens are revoked. A refresh answers 200
#   with a token and a refresh token; the next request with that token is 401 `TokenRevoked`. So is one that comes from a logout
#   and a login in one second.
# * `tenantId` in the body of `POST /auth/token-refresh` is documented and ignored: the new token is of the tenant before.
# * `POST /auth/switch-token`, which is there to change the tenant, answers 401 `Token Invalid` to every token: the step that it
#   shares with the refresh compares the bearer token, which only the refresh hands on to it. What it was to end is still good.
# * So the tenant of a login is `users.default_tenant_id`, and no request to the service changes that.
#
# Why it matters: who is a member of two tenants is a member of one. And tests, scripts and pages that refresh as they open log
# people out now and then, by the clock.
#
# What ours does: a person chooses the default tenant among their own (`PUT /user/{id}/default-tenant`), and the walks of
# tests/beside wait for the second to end.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund --legacy-peer-deps --omit=optional \
  @sourceloop/authentication-service@19.2.2 @sourceloop/core@14.2.3 @loopback/repository@7.0.14 @loopback/rest@14.0.14 \
  @loopback/sequelize@0.6.14 loopback4-authentication@12.2.0 jsonwebtoken@9.0.3 bcrypt@6.0.0 crypto-js@4.2.0 \
  prom-client@14.2.0 >&2

cat >seen.js <<'JS'
const {generateKeyPairSync} = require('node:crypto');
const {writeFileSync} = require('node:fs');
const bcrypt = require('bcrypt');
const {RepositoryMixin, juggler} = require('@loopback/repository');
const {RestApplication} = require('@loopback/rest');
const {ServiceMixin} = require('@loopback/service-proxy');
const {AuthenticationServiceComponent, AuthServiceBindings} = require('@sourceloop/authentication-service');
const {Strategies} = require('loopback4-authentication');
const {LocalPasswordStrategyFactoryProvider} = require('loopback4-authentication/passport-local');
const resourceOwner = require('loopback4-authentication/passport-resource-owner-password');

class Host extends ServiceMixin(RepositoryMixin(RestApplication)) {}

async function start() {
  const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
  writeFileSync('private.pem', privateKey.export({type: 'pkcs8', format: 'pem'}));
  writeFileSync('public.pem', publicKey.export({type: 'spki', format: 'pem'}));
  Object.assign(process.env, {JWT_PRIVATE_KEY: 'private.pem', JWT_PUBLIC_KEY: 'public.pem', JWT_ISSUER: 'https://id.example'});
  const app = new Host({rest: {host: '127.0.0.1', port: 0}});
  app.dataSource(new juggler.DataSource({name: 'AuthDB', connector: 'memory'}), 'AuthDB');
  app.dataSource(new juggler.DataSource({name: 'AuthCache', connector: 'kv-memory'}), 'AuthCache');
  app.bind(AuthServiceBindings.Config).to({useCustomSequence: false, useSymmetricEncryption: false});
  const {LOCAL_STRATEGY_FACTORY, RESOURCE_OWNER_STRATEGY_FACTORY} = Strategies.Passport;
  app.bind(LOCAL_STRATEGY_FACTORY).toProvider(LocalPasswordStrategyFactoryProvider);
  app.bind(RESOURCE_OWNER_STRATEGY_FACTORY).toProvider(resourceOwner.ResourceOwnerPasswordStrategyFactoryProvider);
  app.component(AuthenticationServiceComponent);

  const times = {accessTokenExpiration: 900, refreshTokenExpiration: 86400, authCodeExpiration: 180};
  const rows = {
    AuthClient: [{id: 1, clientId: 'web', clientSecret: 's', secret: 's', ...times}],
    Tenant: ['acme', 'beta'].map(id => ({id, name: id, key: id, status: 1})),
    Role: [{id: 'r', name: 'admin', permissions: ['ViewTenant'], roleType: 0, tenantId: 'acme'}],
    User: [{id: 'ann', firstName: 'Ann', username: 'ann', email: 'ann@a.example', authClientIds: '{1}', defaultTenantId: 'acme'}],
    UserTenant: ['acme', 'beta'].map(id => ({id: `ann in ${id}`, userId: 'ann', tenantId: id, roleId: 'r', status: 1})),
    UserCredentials: [{id: 'c', userId: 'ann', authProvider: 'internal', password: await bcrypt.hash('a password', 4)}],
  };
  const models = {};
  for (const [name, list] of Object.entries(rows)) {
    models[name] = (await app.get(`repositories.${name}Repository`)).modelClass;
    await models[name].create(list);
  }
  await app.start();
  return {url: app.restServer.url, models};
}

async function main() {
  const {url, models} = await start();
  async function ask(method, path, token, body) {
    const headers = {'content-type': 'application/json', ...(token && {authorization: `Bearer ${token}`})};
    const answer = await fetch(url + path, {method, headers, body: body && JSON.stringify(body)});
    const told = await answer.json();
    const {message} = told.error ?? {};
    return {...told, told: [answer.status, message?.message ?? message].filter(Boolean).join(' ')};
  }
  async function logIn() {
    const body = {client_id: 'web', client_secret: 's', username: 'ann', password: 'a password'};
    const {code} = await ask('POST', '/auth/login', undefined, body);
    return ask('POST', '/auth/token', undefined, {clientId: 'web', code});
  }
  const exchange = (path, {accessToken, refreshToken}, more) => ask('POST', path, accessToken, {refreshToken, ...more});
  const refresh = (given, more) => exchange('/auth/token-refresh', given, more);
  const me = async given => (await ask('GET', '/auth/me', given.accessToken)).told;
  const tenant = given => JSON.parse(Buffer.from(given.accessToken.split('.')[1], 'base64url')).tenantId;
  const again = (one, other) => (one.accessToken === other.accessToken ? 'the same token' : 'another token');
  // Sleeps until a second begins, so that what follows is within it.
  const nextSecond = () => new Promise(done => setTimeout(done, 1010 - (Date.now() % 1000)));

  await logIn(); // whatever is slow the first time
  await nextSecond();
  let given = await logIn();
  let next = await refresh(given);
  console.log(`a refresh within the second: ${next.told}, ${again(given, next)}, then ${await me(next)}`);
  await nextSecond();
  given = await logIn();
  await nextSecond();
  next = await refresh(given);
  console.log(`a refresh in the next second: ${next.told}, ${again(given, next)}, then ${await me(next)}`);
  await nextSecond();
  given = await logIn();
  await exchange('/logout', given);
  next = await logIn();
  console.log(`a logout and a login within the second: ${next.told}, ${again(given, next)}, then ${await me(next)}`);

  await nextSecond();
  given = await logIn();
  await nextSecond();
  const switched = await exchange('/auth/switch-token', given, {tenantId: 'beta'});
  console.log(`switch-token to beta: ${switched.told}, then ${await me(given)}`);
  next = await refresh(given, {tenantId: 'beta'});
  console.log(`token-refresh to beta: ${next.told}, a token of ${tenant(next)}`);
  await models.User.updateAll({id: 'ann'}, {defaultTenantId: 'beta'});
  console.log(`a login with beta as default tenant: a token of ${tenant(await logIn())}`);
  process.exit(0);
}
main().catch(error => {
  console.error(error);
  process.exit(1);
});
JS

# The service logs to standard output too, in lines that begin with the time.
node seen.js | grep -v '^\[' | tee seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
a refresh within the second: 200, the same token, then 401 TokenRevoked
a refresh in the next second: 200, another token, then 200
a logout and a login within the second: 200, the same token, then 401 TokenRevoked
switch-token to beta: 401 Token Invalid, then 200
token-refresh to beta: 200, a token of acme
a login with beta as default tenant: a token of beta
SEEN
echo 'as on 2026-11-30'
