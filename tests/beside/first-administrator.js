// Nothing by hand: the first administrator with a client application and a password, and people who get their first
// password as a forgotten one, at the authentication service.
'use strict';

const rig = require('./rig');
const {ask, assert, command, logIn, soon, step} = rig;
const {addUser, changePassword, forgotten} = require('./tenant');

const OURS = {
  JWT_VERIFIER: 'public-key',
  JWT_PUBLIC_KEY: rig.KEYS.public,
  REDIS_URL: `redis://127.0.0.1:${rig.REDIS_PORT}`,
  NEW_USER_AUTH_PROVIDER: 'internal',
  NEW_USER_STATUS: '1',
};
const PASSWORD = 'a long way to Acme';
const OTHER = 'another way to Acme';

const status = async user => {
  const [row] = await rig.query('SELECT status FROM main.user_tenants WHERE user_id = $1', [user]);
  return Number(row.status);
};

module.exports = async function firstAdministrator() {
  await rig.freshDatabase('first_administrator');
  const client = {id: 'acme-web'};
  const acme = {};
  await step('the first administrator, with a client application and a password', async () => {
    await command(OURS, ['migrate', 'up']);
    const args = ['bootstrap', '--client-id', client.id, '--password-stdin', '--username', 'ann', '--first-name', 'Ann'];
    const said = await command(OURS, [...args, '--email', 'ann@acme.example', '--tenant-key', 'acme'], {input: `${PASSWORD}\n`});
    client.secret = /client_secret +(\S+)/.exec(said)[1];
    acme.path = `/tenants/${/^tenant +(\S+)/m.exec(said)[1]}`;
    assert.match(await command(OURS, ['migrate', 'check', '--login']), /\b0 of 1 people cannot/);
  });
  const [ours, theirs] = await step('both services start', () => Promise.all([rig.startOurs(OURS), rig.startTheirs()]));
  const ann = await step('she logs in there, and works at ours', async () => {
    const given = await logIn(theirs, client, 'ann', PASSWORD);
    await ask(ours, 'GET', acme.path, {token: given.accessToken, wanted: 200});
    return given;
  });
  const bob = await step('somebody whom she adds cannot log in yet, and sets the first password as a forgotten one', async () => {
    const added = await addUser(ours, acme, ann.accessToken, 'Bob', ['ViewTenant']);
    assert.equal((await rig.tryLogIn(theirs, client, 'bob', 'guessed')).status, 401);
    await forgotten(theirs, client, 'bob', PASSWORD);
    const given = await logIn(theirs, client, 'bob', PASSWORD);
    assert.deepEqual(given.claims.permissions, ['ViewTenant']);
    await ask(ours, 'GET', acme.path, {token: given.accessToken, wanted: 200});
    await ask(ours, 'GET', `${acme.path}/users`, {token: given.accessToken, wanted: 403});
    return added;
  });
  await step('a password that is to be changed: the status ends when it changes there', async () => {
    await rig.query('UPDATE main.user_tenants SET status = 3 WHERE user_id = $1', [bob.id]);
    const given = await logIn(theirs, client, 'bob', PASSWORD);
    assert.equal(given.claims.status, 3);
    await changePassword(theirs, given, 'bob', PASSWORD, OTHER);
    assert.equal(await status(bob.id), 1);
    assert.equal((await logIn(theirs, client, 'bob', OTHER)).claims.status, 1);
  });
  await step('a role that she changes is felt after the next login', async () => {
    const where = encodeURIComponent(JSON.stringify({id: bob.role.id}));
    await ask(ours, 'PATCH', `${acme.path}/roles?where=${where}`, {
      token: ann.accessToken,
      body: {permissions: ['ViewTenant', 'ViewTenantUser']},
      wanted: 200,
    });
    const given = await logIn(theirs, client, 'bob', OTHER);
    await ask(ours, 'GET', `${acme.path}/users`, {token: given.accessToken, wanted: 200});
  });
  await step('another secret for the client application, and the one before is refused', async () => {
    const said = await command(OURS, ['client', 'rotate', client.id, '--output', 'json']);
    const [rotated] = [JSON.parse(said)].flat();
    assert.equal((await rig.tryLogIn(theirs, {...client, secret: 'the one before'}, 'ann', PASSWORD)).status, 401);
    assert.equal((await rig.tryLogIn(theirs, client, 'ann', PASSWORD)).status, 401);
    client.secret = rotated.clientSecret;
    await logIn(theirs, client, 'ann', PASSWORD);
  });
  await step('suspended at ours, a token from before is refused', async () => {
    const given = await logIn(theirs, client, 'bob', OTHER);
    await command(OURS, ['user', 'suspend', 'bob', '--tenant', 'acme', '--reason', 'On leave']);
    await soon(401, () => ask(ours, 'GET', acme.path, {token: given.accessToken}), 1500);
  });
};
