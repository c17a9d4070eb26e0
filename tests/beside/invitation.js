// The whole way in: a tenant is provisioned, somebody is invited and accepts with a password, logs in at the authentication
// service, and is followed through a change of role, a refresh, a logout, a change of password and a suspension.
'use strict';

const rig = require('./rig');
const {ask, assert, logIn, soon, step, tryLogIn} = rig;
const {PASSWORD, changePassword, logOut, provision, refresh} = require('./tenant');

const OURS = {
  JWT_VERIFIER: 'public-key',
  JWT_PUBLIC_KEY: rig.KEYS.public,
  REDIS_URL: `redis://127.0.0.1:${rig.REDIS_PORT}`,
  NEW_USER_AUTH_PROVIDER: 'internal',
  NEW_USER_STATUS: '1',
  INVITATION_URL: 'https://acme.example/join/{token}',
};
const BOS = 'a short way to Beta';
const NEW = 'another way to Beta';

module.exports = async function invitation() {
  await rig.freshDatabase('invitation');
  await rig.command(OURS, ['migrate', 'up']);
  const [ours, theirs] = await step('both services start', () => Promise.all([rig.startOurs(OURS), rig.startTheirs()]));
  const acme = await step('a tenant is provisioned', () => provision(OURS, 'acme', 'Ann'));
  const ann = await logIn(theirs, acme.client, 'ann', PASSWORD);
  const roleId = acme.roles.find(role => role.name === 'member').id;
  const address = 'bo@acme.example';

  const token = await step('Bo is invited, and the mail has the link', async () => {
    const {status, body} = await ask(ours, 'POST', `${acme.path}/invitations`, {
      token: ann.accessToken,
      body: {invitations: [{address, roleId}, {address: 'ann@acme.example', roleId}]},
    });
    assert.ok([200, 201].includes(status), JSON.stringify(body));
    assert.deepEqual(body.invitations.map(item => item.status), ['invited', 'member']);
    return (await rig.line(ours, /https:\/\/acme\.example\/join\/([\w-]{43})/))[1];
  });
  await step('the link says whom it is from, and nothing is accepted by looking', async () => {
    const {body} = await ask(ours, 'GET', `/invitations/${token}`, {wanted: 200});
    assert.equal(body.tenantName, 'acme');
    assert.equal(body.address, address);
    assert.equal(body.inviterFirstName, 'Ann');
    await ask(ours, 'GET', `/invitations/${token.slice(1)}x`, {wanted: 404});
  });
  const joined = await step('Bo accepts with a password, once', async () => {
    const body = {profile: {firstName: 'Bo'}, password: BOS};
    const answer = await ask(ours, 'POST', `/invitations/${token}/accept`, {body});
    assert.ok([200, 201].includes(answer.status), JSON.stringify(answer.body));
    await ask(ours, 'POST', `/invitations/${token}/accept`, {body, wanted: 410});
    return answer.body;
  });
  const read = given => ask(ours, 'GET', acme.path, {token: given.accessToken});
  const first = await step('logs in at the authentication service, and uses the token at ours', async () => {
    const given = await logIn(theirs, acme.client, address, BOS);
    assert.equal(given.claims.userTenantId, joined.userTenantId);
    assert.equal(given.claims.status, 1);
    assert.equal((await read(given)).status, 200);
    await ask(ours, 'POST', `${acme.path}/roles`, {token: given.accessToken, body: {name: 'cook'}, wanted: 403});
    return given;
  });
  const second = await step('gets another role, and a refresh brings what it grants', async () => {
    const {id} = acme.roles.find(role => role.name === 'administrator');
    await ask(ours, 'PATCH', `${acme.path}/users/${joined.userId}`, {token: ann.accessToken, body: {roleId: id}, wanted: 204});
    const {body} = await refresh(theirs, first);
    assert.equal(rig.claims(body.accessToken).role, 'administrator');
    await soon(200, () => ask(ours, 'POST', `${acme.path}/roles`, {token: body.accessToken, body: {name: 'cook'}}), 1500);
    await soon(401, () => read(first), 2000);
    return body;
  });
  await step('logs out, and is refused', async () => {
    await logOut(theirs, second);
    await soon(401, () => read(second), 2000);
    await rig.secondAfter(second);
  });
  await step('changes the password there, is refused with the old token, and logs in with the new password', async () => {
    const given = await logIn(theirs, acme.client, address, BOS);
    assert.equal((await read(given)).status, 200);
    await changePassword(theirs, given, address, BOS, NEW);
    await soon(401, () => read(given), 2000);
    await rig.secondAfter(given);
    assert.equal((await tryLogIn(theirs, acme.client, address, BOS)).status, 401);
    assert.equal((await read(await logIn(theirs, acme.client, address, NEW))).status, 200);
  });
  await step('changes it at ours, and logs in there with that one', async () => {
    const given = await logIn(theirs, acme.client, address, NEW);
    await ask(ours, 'PUT', `/users/${joined.userId}/password`, {
      token: given.accessToken,
      body: {currentPassword: NEW, password: BOS},
      wanted: 204,
    });
    await logIn(theirs, acme.client, address, BOS);
  });
  await step('suspended at ours, is refused by ours', async () => {
    const given = await logIn(theirs, acme.client, address, BOS);
    await rig.command(OURS, ['user', 'suspend', address, '--tenant', 'acme', '--reason', 'On leave']);
    await soon(401, () => read(given), 1500);
  });
};
