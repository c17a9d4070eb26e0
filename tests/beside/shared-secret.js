// Tokens of the shared secret: a tenant is provisioned at ours, its administrator logs in at the authentication service
// and works at ours, and whoever is suspended at ours is refused by both.
'use strict';

const rig = require('./rig');
const {ask, assert, command, logIn, query, soon, step} = rig;
const {PASSWORD, forgotten, provision} = require('./tenant');

const OURS = {JWT_VERIFIER: 'secret', JWT_SECRET: rig.SECRET};
const OTHER = 'another way to Acme';

module.exports = async function sharedSecret() {
  await rig.freshDatabase('shared_secret');
  await step('the schema, and the first administrator', async () => {
    await command(OURS, ['migrate', 'up']);
    await command(OURS, ['bootstrap']);
  });
  const [ours, theirs] = await step('both services start', () =>
    Promise.all([rig.startOurs(OURS), rig.startTheirs({SYMMETRIC: 'true'})]),
  );
  const acme = await step('a tenant is provisioned, with a client application', () => provision(OURS, 'acme', 'Ann'));
  const {client, path: tenant} = acme;

  const ann = await step('the administrator logs in at the authentication service', async () => {
    const given = await logIn(theirs, client, 'Ann', PASSWORD);
    assert.deepEqual(given.header, {alg: 'HS256', typ: 'JWT'});
    assert.equal(given.claims.userTenantId, acme.administrator.userTenantId);
    assert.equal(given.claims.tenantType, undefined);
    assert.ok(given.claims.permissions.includes('CreateTenantUser'), given.claims.permissions);
    return given;
  });
  const token = ann.accessToken;

  await step('works at ours with the token', async () => {
    await ask(ours, 'GET', tenant, {token, wanted: 200});
    const role = {name: 'cook', permissions: ['ViewTenant']};
    const {body: made} = await ask(ours, 'POST', `${tenant}/roles`, {token, body: role, wanted: 200});
    assert.equal(made.createdBy, acme.administrator.userTenantId);
    await ask(ours, 'GET', `${tenant}/users`, {token, wanted: 200});
    await ask(ours, 'GET', `/user/${acme.administrator.userId}/tenants`, {token, wanted: 200});
  });
  await step('no other token of theirs is a bearer at ours', async () => {
    const {id: client_id, secret: client_secret} = client;
    const login = {client_id, client_secret, username: 'ann', password: PASSWORD};
    const {code} = (await ask(theirs, 'POST', '/auth/login', {body: login, wanted: 200})).body;
    for (const other of [code, ann.refreshToken]) await ask(ours, 'GET', tenant, {token: other, wanted: 401});
  });
  await step('a forgotten password is set anew there', async () => {
    const link = await forgotten(theirs, client, 'ann', OTHER);
    await ask(ours, 'GET', tenant, {token: link, wanted: 401});
    await logIn(theirs, client, 'ann', OTHER);
    assert.equal((await rig.tryLogIn(theirs, client, 'ann', PASSWORD)).status, 401);
    // Within the second it would be the same link, which is used.
    await rig.secondAfter({accessToken: link});
    await forgotten(theirs, client, 'ann', PASSWORD);
  });
  await step('what it writes is in nobody’s name in our audit log, and shows no secret', async () => {
    const body = {client_id: client.id, client_secret: client.secret, username: 'ann', password: PASSWORD};
    await ask(theirs, 'POST', '/auth/login-token', {body, wanted: 200});
    const rows = await query(
      `SELECT l.table_name, l.user_id, l.changed_secrets, l.before, l.after FROM logs.audit_logs l
       JOIN main.user_credentials c ON l.entity_id IN (c.id::text, c.user_id::text)
       WHERE c.user_id = $1 AND l.operation_name = 'UPDATE' AND l.table_name IN ('users', 'user_credentials')`,
      [acme.administrator.userId],
    );
    const of = table => rows.filter(row => row.table_name === table);
    assert.ok(of('users').some(row => row.after.last_login), JSON.stringify(rows));
    assert.ok(of('user_credentials').filter(row => String(row.changed_secrets) === 'password').length >= 2, JSON.stringify(rows));
    for (const row of rows) {
      assert.equal(row.user_id, null, JSON.stringify(row));
      assert.doesNotMatch(JSON.stringify([row.before, row.after]), /\$2b\$/);
    }
  });
  await step('our own token works at theirs', async () => {
    const own = (await command(OURS, ['token', '--user-tenant', acme.administrator.userTenantId])).trim();
    await ask(theirs, 'GET', '/auth/me', {token: own, wanted: 200});
  });

  for (const status of [2, 4, 5]) {
    await step(`membership ${status}: a token from before is refused within a second and a half`, async () => {
      await query('UPDATE main.user_tenants SET status = $2 WHERE id = $1', [acme.administrator.userTenantId, status]);
      await soon(401, () => ask(ours, 'GET', tenant, {token}), 1500);
      await query('UPDATE main.user_tenants SET status = 1 WHERE id = $1', [acme.administrator.userTenantId]);
      await soon(200, () => ask(ours, 'GET', tenant, {token}), 1500);
    });
  }
  await step('membership 3: the password is to be changed, and the token works', async () => {
    await query('UPDATE main.user_tenants SET status = 3 WHERE id = $1', [acme.administrator.userTenantId]);
    const given = await logIn(theirs, client, 'ann', PASSWORD);
    assert.equal(given.claims.status, 3);
    await ask(ours, 'GET', tenant, {token: given.accessToken, wanted: 200});
    await query('UPDATE main.user_tenants SET status = 1 WHERE id = $1', [acme.administrator.userTenantId]);
  });
  for (const change of ['status = 0', 'status = 2', 'deleted = true']) {
    await step(`tenant, ${change}: a token from before is refused within a second and a half`, async () => {
      await query(`UPDATE main.tenants SET ${change} WHERE id = $1`, [acme.tenant.id]);
      await soon(401, () => ask(ours, 'GET', tenant, {token}), 1500);
      await query('UPDATE main.tenants SET status = 1, deleted = false WHERE id = $1', [acme.tenant.id]);
      await soon(200, () => ask(ours, 'GET', tenant, {token}), 1500);
    });
  }
  await step('a suspended tenant is closed to its tokens, and opens again', async () => {
    await command(OURS, ['tenant', 'suspend', 'acme', '--reason', 'Not paid']);
    await soon(401, () => ask(ours, 'GET', tenant, {token}), 1500);
    await command(OURS, ['tenant', 'activate', 'acme']);
    await soon(200, () => ask(ours, 'GET', tenant, {token}), 1500);
  });
  await step('a removed membership is refused by both', async () => {
    await query('UPDATE main.user_tenants SET deleted = true WHERE id = $1', [acme.administrator.userTenantId]);
    await soon(401, () => ask(ours, 'GET', tenant, {token}), 1500);
    const {status, body} = await rig.tryLogIn(theirs, client, 'ann', PASSWORD);
    assert.equal(status, 401, JSON.stringify(body));
  });
};
