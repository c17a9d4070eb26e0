// One schema for both, whichever came first: the authentication service's own migrations and ours.
'use strict';

const {readFileSync, readdirSync} = require('node:fs');
const path = require('node:path');

const rig = require('./rig');
const {ask, command, logIn, step} = rig;
const {PASSWORD, provision} = require('./tenant');

const OURS = {JWT_VERIFIER: 'secret', JWT_SECRET: rig.SECRET};

// Its texts as its runner sends them, in the order of their names.
async function theirMigrations() {
  const folder = path.join(
    path.dirname(require.resolve('@sourceloop/authentication-service')),
    '../migrations/pg/migrations/sqls',
  );
  const names = readdirSync(folder).filter(name => name.endsWith('-up.sql'));
  for (const name of names.sort()) await rig.query(readFileSync(path.join(folder, name), 'utf8'));
}

async function bothWork(name) {
  await command(OURS, ['migrate', 'check']);
  const [ours, theirs] = await Promise.all([rig.startOurs(OURS), rig.startTheirs({SYMMETRIC: 'true'})]);
  const made = await provision(OURS, name, 'Ann');
  const {accessToken} = await logIn(theirs, made.client, 'ann', PASSWORD);
  await ask(ours, 'GET', made.path, {token: accessToken, wanted: 200});
  await ask(ours, 'POST', `${made.path}/roles`, {token: accessToken, body: {name: 'cook'}, wanted: 200});
  await rig.stop(ours);
  await rig.stop(theirs);
}

module.exports = async function migrations() {
  await rig.freshDatabase('ours_first');
  await step('ours, then theirs', async () => {
    await command(OURS, ['migrate', 'up']);
    await theirMigrations();
  });
  await step('both work', () => bothWork('acme'));
  await rig.freshDatabase('theirs_first');
  await step('theirs, then ours', async () => {
    await theirMigrations();
    await command(OURS, ['migrate', 'up']);
  });
  await step('both work', () => bothWork('acme'));
};
