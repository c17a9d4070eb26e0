// Tokens as the authentication service issues them when nothing is set: RS256, without the id of a key. What it ends by a
// logout, a refresh or a change of password is ended at ours.
'use strict';

const {writeFileSync, readFileSync} = require('node:fs');
const {generateKeyPairSync} = require('node:crypto');

const rig = require('./rig');
const {ask, assert, logIn, soon, step} = rig;
const {PASSWORD, addUser, changePassword, letIn, logOut, provision, refresh} = require('./tenant');

const OURS = {
  JWT_VERIFIER: 'public-key',
  JWT_PUBLIC_KEY: rig.KEYS.public,
  REDIS_URL: `redis://127.0.0.1:${rig.REDIS_PORT}`,
};
const NEW_PASSWORD = 'another way to Acme';

module.exports = async function publicKey(redis) {
  await rig.freshDatabase('public_key');
  await rig.command(OURS, ['migrate', 'up']);
  const [ours, theirs] = await step('both services start', () => Promise.all([rig.startOurs(OURS), rig.startTheirs()]));
  const acme = await step('tenants are provisioned, each with its language', async () => {
    await provision(OURS, 'beta', 'Dee', '--set-config', 'profile={"locale": "fr"}');
    return provision(OURS, 'acme', 'Ann', '--set-config', 'profile={"locale": "de"}');
  });
  const read = given => ask(ours, 'GET', acme.path, {token: given.accessToken});
  const revoked = async given => {
    const {body} = await soon(401, () => read(given), 2000);
    assert.match(JSON.stringify(body), /TokenRevoked/);
  };

  const first = await step('its administrator logs in there, and the token works at ours', async () => {
    const given = await logIn(theirs, acme.client, 'ann', PASSWORD);
    assert.deepEqual(given.header, {alg: 'RS256', typ: 'JWT'});
    assert.equal(given.claims.userPreferences.locale, 'de');
    assert.equal((await read(given)).status, 200);
    return given;
  });
  await step('a role without permissions gives a token with none', async () => {
    const eve = await addUser(ours, acme, first.accessToken, 'Eve');
    await letIn(eve.id);
    const given = await logIn(theirs, acme.client, 'eve', PASSWORD);
    assert.deepEqual(given.claims.permissions, []);
    await ask(ours, 'GET', acme.path, {token: given.accessToken, wanted: 403});
  });
  const second = await step('after a refresh the new token works, and the old one is refused', async () => {
    const {body} = await refresh(theirs, first);
    assert.equal((await read(body)).status, 200);
    await revoked(first);
    return body;
  });
  await step('what it keeps of a revoked token is what ours asks for', async () => {
    assert.equal(await redis.ask('EXISTS', `_kvModel:${first.accessToken}`), ':1');
    assert.equal(await redis.ask('TTL', `_kvModel:${first.accessToken}`), ':-1');
    assert.equal(await redis.ask('EXISTS', `_kvModel:${second.accessToken}`), ':0');
  });
  await step('after a logout the token is refused', async () => {
    await logOut(theirs, second);
    await revoked(second);
  });
  await step('after a change of password the token is refused, and the new password logs in', async () => {
    const given = await logIn(theirs, acme.client, 'ann', PASSWORD);
    assert.equal((await read(given)).status, 200);
    await changePassword(theirs, given, 'ann', PASSWORD, NEW_PASSWORD);
    await revoked(given);
    assert.equal((await rig.tryLogIn(theirs, acme.client, 'ann', PASSWORD)).status, 401);
    assert.equal((await read(await logIn(theirs, acme.client, 'ann', NEW_PASSWORD))).status, 200);
  });

  const last = await logIn(theirs, acme.client, 'ann', NEW_PASSWORD);
  await step('while Redis is away nobody is let in, and it recovers', async () => {
    await soon(200, () => read(last));
    await rig.stop(redis);
    await soon(503, () => read(last), 4000);
    await soon(503, () => ask(ours, 'GET', '/health/ready'), 4000);
    Object.assign(redis, await rig.startRedis());
    await soon(200, () => read(last), 10_000);
    await soon(200, () => ask(ours, 'GET', '/health/ready'), 10_000);
  });
  await step('another key in the file is taken without a restart', async () => {
    const before = readFileSync(rig.KEYS.public);
    const other = generateKeyPairSync('rsa', {modulusLength: 2048});
    writeFileSync(rig.KEYS.public, other.publicKey.export({type: 'spki', format: 'pem'}));
    await soon(401, () => read(last), 5000);
    writeFileSync(rig.KEYS.public, before);
    await soon(200, () => read(last), 5000);
  });
  await step('the only key of the table stands for tokens that name none', async () => {
    const table = {JWT_VERIFIER: 'jwt-keys'};
    await rig.command(table, ['keys', 'add', '--kid', 'auth-2026', '--public-key', rig.KEYS.public]);
    const beside = await rig.startOurs(table);
    await ask(beside, 'GET', acme.path, {token: last.accessToken, wanted: 200});
    await rig.stop(beside);
  });
};
