// A person in two tenants: added to the second, they accept it themselves and choose it, since the authentication service
// lets nobody into a tenant that is not their default one.
'use strict';

const rig = require('./rig');
const {ask, assert, logIn, soon, step} = rig;
const {PASSWORD, provision, refresh} = require('./tenant');

const OURS = {JWT_VERIFIER: 'secret', JWT_SECRET: rig.SECRET};

module.exports = async function twoTenants() {
  await rig.freshDatabase('two_tenants');
  await rig.command(OURS, ['migrate', 'up']);
  const [ours, theirs] = await Promise.all([rig.startOurs(OURS), rig.startTheirs({SYMMETRIC: 'true'})]);
  const acme = await step('a tenant with Cy', () => provision(OURS, 'acme', 'Cy'));
  const beta = await step('another one with Dee', () => provision(OURS, 'beta', 'Dee'));
  const person = acme.administrator.userId;

  await step('Dee adds Cy, who is not active there yet', async () => {
    const dee = await logIn(theirs, beta.client, 'dee', PASSWORD);
    const roleId = beta.roles.find(role => role.name === 'member').id;
    await ask(ours, 'POST', `${beta.path}/users`, {
      token: dee.accessToken,
      body: {firstName: 'Cy', username: 'cy', email: 'cy@acme.example', roleId},
      wanted: 200,
    });
    const [{status}] = await rig.query('SELECT status FROM main.user_tenants WHERE user_id = $1 AND tenant_id = $2', [
      person,
      beta.tenant.id,
    ]);
    assert.equal(Number(status), 0);
  });
  const cy = await logIn(theirs, acme.client, 'cy', PASSWORD);
  const token = cy.accessToken;
  await step('it is nobody else who accepts, and what is not active is no default', async () => {
    const dee = await logIn(theirs, beta.client, 'dee', PASSWORD);
    const other = await ask(ours, 'POST', `/user/${person}/tenants/${beta.tenant.id}/accept`, {token: dee.accessToken});
    assert.ok([403, 404].includes(other.status), JSON.stringify(other));
    const early = await ask(ours, 'PUT', `/user/${person}/default-tenant`, {token, body: {tenantId: beta.tenant.id}});
    assert.ok([404, 409].includes(early.status), JSON.stringify(early));
  });
  await step('Cy accepts with a token of the first tenant', () =>
    ask(ours, 'POST', `/user/${person}/tenants/${beta.tenant.id}/accept`, {token, wanted: 200}),
  );
  await step('neither a refresh nor a switch there leads into the second tenant', async () => {
    const switched = await ask(theirs, 'POST', '/auth/switch-token', {
      token,
      body: {refreshToken: cy.refreshToken, tenantId: beta.tenant.id},
    });
    assert.equal(switched.status, 401, JSON.stringify(switched.body));
    const again = await ask(theirs, 'POST', '/auth/token-refresh', {
      token,
      body: {refreshToken: cy.refreshToken, tenantId: beta.tenant.id},
      wanted: 200,
    });
    assert.equal(rig.claims(again.body.accessToken).tenantId, acme.tenant.id);
  });
  await step('Cy chooses the second tenant, and the next login is into it', async () => {
    const before = await logIn(theirs, acme.client, 'cy', PASSWORD);
    await ask(ours, 'PUT', `/user/${person}/default-tenant`, {
      token: before.accessToken,
      body: {tenantId: beta.tenant.id},
      wanted: 204,
    });
    const given = await logIn(theirs, acme.client, 'cy', PASSWORD);
    assert.equal(given.claims.tenantId, beta.tenant.id);
    await ask(ours, 'GET', beta.path, {token: given.accessToken, wanted: 200});
    const elsewhere = await ask(ours, 'GET', acme.path, {token: given.accessToken});
    assert.ok([403, 404].includes(elsewhere.status), JSON.stringify(elsewhere));
    // A refresh of the token from before stays where it was.
    assert.equal(rig.claims((await refresh(theirs, before)).body.accessToken).tenantId, acme.tenant.id);
  });
  await step('suspended in the second tenant, Cy is refused there', async () => {
    const given = await logIn(theirs, acme.client, 'cy', PASSWORD);
    await rig.command(OURS, ['user', 'suspend', 'cy', '--tenant', 'beta', '--reason', 'On leave']);
    await soon(401, () => ask(ours, 'GET', beta.path, {token: given.accessToken}), 1500);
  });
};
