// The walks, one after the other, each on a database of its own. Arguments choose among them by name.
'use strict';

const rig = require('./rig');

const WALKS = ['shared-secret', 'public-key', 'first-administrator', 'invitation', 'two-tenants', 'migrations'];

async function main() {
  rig.makeKeys();
  const chosen = process.argv.length > 2 ? process.argv.slice(2) : WALKS;
  const unknown = chosen.filter(name => !WALKS.includes(name));
  if (unknown.length > 0) throw new Error(`there is no walk ${unknown.join(', ')}; there are ${WALKS.join(', ')}`);
  for (const name of chosen) {
    console.log(name);
    await require(`./${name}`)(await rig.startRedis());
    await rig.stopAll();
  }
}

main()
  .catch(error => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => rig.end());
