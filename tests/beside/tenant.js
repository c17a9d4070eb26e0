// A tenant whose administrator can log in at the authentication service, as walks begin; and what people do about passwords.
'use strict';

const rig = require('./rig');

const PASSWORD = 'a long way to Acme';

// Lets somebody log in by a password, by hand, as one does whose people are made for another way to log in.
async function letIn(user) {
  const values = [user, await rig.hash(PASSWORD)];
  await rig.query(`UPDATE main.user_credentials SET auth_provider = 'internal', password = $2 WHERE user_id = $1`, values);
  await rig.query('UPDATE main.user_tenants SET status = 1 WHERE user_id = $1', [user]);
}

// Makes a tenant by a command of ours, and lets its administrator in. `settings` are those of ours.
async function provision(settings, key, name, ...more) {
  const username = name.toLowerCase();
  const made = await rig.command(settings, [
    'tenant', 'provision', '--name', key, '--key', key, '--first-name', name, '--username', username,
    '--email', `${username}@${key}.example`, '--client', `${key}-web`, '--redirect-url', `https://${key}.example`,
    '--output', 'json', ...more,
  ]);
  const [all] = JSON.parse(made);
  await letIn(all.administrator.userId);
  const client = {id: all.client.clientId, secret: all.client.clientSecret};
  return {...all, username, client, path: `/tenants/${all.tenant.id}`};
}

// Another person in the tenant, with the administrator's token.
async function addUser(ours, acme, token, name, permissions) {
  const {body: role} = await rig.ask(ours, 'POST', `${acme.path}/roles`, {
    token,
    body: {name: `role of ${name}`, permissions},
    wanted: 200,
  });
  const username = name.toLowerCase();
  const {body: user} = await rig.ask(ours, 'POST', `${acme.path}/users`, {
    token,
    body: {firstName: name, username, email: `${username}@acme.example`, roleId: role.id},
    wanted: 200,
  });
  return {...user, username, role};
}

// What a person types at the authentication service who has forgotten the password, or never had one. Returns the token of
// the link.
async function forgotten(theirs, client, username, password) {
  const ids = {client_id: client.id, client_secret: client.secret};
  theirs.lines.length = 0;
  await rig.ask(theirs, 'POST', '/auth/forget-password', {body: {...ids, username}, wanted: 204});
  const link = JSON.parse((await rig.line(theirs, /^link (.*)$/))[1]);
  await rig.ask(theirs, 'PATCH', '/auth/reset-password', {body: {...ids, token: link.code, password}, wanted: 204});
  return link.code;
}

// The login, its refresh and its end, as that service has them.
async function refresh(theirs, {accessToken, refreshToken}) {
  await rig.secondAfter({accessToken});
  return rig.ask(theirs, 'POST', '/auth/token-refresh', {token: accessToken, body: {refreshToken}, wanted: 200});
}
const logOut = (theirs, given) =>
  rig.ask(theirs, 'POST', '/logout', {token: given.accessToken, body: {refreshToken: given.refreshToken}, wanted: 200});
const changePassword = (theirs, given, username, oldPassword, password) =>
  rig.ask(theirs, 'PATCH', '/auth/change-password', {
    token: given.accessToken,
    body: {refreshToken: given.refreshToken, username, oldPassword, password},
    wanted: 200,
  });

module.exports = {PASSWORD, addUser, changePassword, forgotten, letIn, logOut, provision, refresh};
