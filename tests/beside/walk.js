// The walks, one after the other, each on a database of its own. Arguments choose among them by name.
'use strict';

const rig = require('./rig');

const WALKS = ['shared-secret', 'public-key', 'first-administrator', 'invitation', 'two-tenants', 'migrations'];

async function main() {
  rig.makeKeys();
  const chosen = process.argv.slice(2);
  for (const name of WALKS.filter(name => chosen.length === 0 || chosen.includes(name))) {
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
