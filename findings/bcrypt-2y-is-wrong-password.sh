#!/usr/bin/env bash
# A bcrypt hash that PHP wrote, `$2y$`, is a wrong password to the most used reader of npm. It says false, where it has no
# error, and of the same hash it tells the cost.
#
# Seen on 2026-11-30 with bcrypt 6.0.0 and 5.1.1, bcryptjs 3.0.3, @node-rs/bcrypt 1.10.8, hash-wasm 4.13.0 and bcrypt-ts 9.0.2
# (npm), bcrypt 5.0.0, pwdlib 0.3.1 and Django 5.2.19 (PyPI), on Debian 12.
#
# What is surprising:
# * `$2a$`, `$2b$` and `$2y$` are one algorithm, for all passwords that these programs hash today: the same salt gives the same 31
#   characters. PHP's password_hash and Apache's htpasswd write `$2y$`, OpenBSD and most libraries `$2b$`. Seven of eight
#   readers take all three.
# * npm's bcrypt, whose page says of `$2y$` that "in theory" it is compatible with `$2b$`, answers false, in both versions, by
#   promise, by callback and synchronously. An empty text, a hash that was cut off and plain text are false too: "wrong
#   password" and "no hash that I read" are one answer.
# * Its getRounds reads the cost out of the hash that compare does not read, so that a check of stored hashes by it passes.
# * Replacing four characters, `$2y$` by `$2b$`, is all that it takes.
#
# Why it matters: people are moved from a PHP application to a service on Node.js with their hashes. Each of them is then told
# that the password is wrong, no log says otherwise, and what looks like an attack locks accounts.
#
# What ours does: it writes `$2b$`, and `migrate check --login` counts people whose hash the authentication service, which
# has this reader, does not take (docs/authentication-service.md).
set -euo pipefail

place=$(mktemp -d)
trap 'wait || true; rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts bcrypt@6.0.0 before@npm:bcrypt@5.1.1 bcryptjs@3.0.3 \
  @node-rs/bcrypt@1.10.8 hash-wasm@4.13.0 bcrypt-ts@9.0.2 >&2 &
npm=$!
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check bcrypt==5.0.0 pwdlib==0.3.1 Django==5.2.19 >&2
wait "$npm"
# The older one has no binary in its package. Debian has the headers of Node.js; elsewhere they are fetched.
if [ -e /usr/include/node/node.h ]; then export npm_config_nodedir=/usr; fi
(cd node_modules/before && npx node-pre-gyp install --build-from-source >"$place/build" 2>&1) || { cat build >&2; exit 1; }

cat >seen.py <<'PY'
import json

import bcrypt
from django.conf import settings
from pwdlib.hashers.bcrypt import BcryptHasher

settings.configure(PASSWORD_HASHERS=['django.contrib.auth.hashers.BCryptPasswordHasher'])
from django.contrib.auth.hashers import check_password  # noqa: E402

PASSWORD = 'correct horse'
written = bcrypt.hashpw(PASSWORD.encode(), b'$2b$10$CCCCCCCCCCCCCCCCCCCCC.').decode()
hashes = {prefix: written.replace('$2b$', f'${prefix}$') for prefix in ('2a', '2b', '2y')}
json.dump({'password': PASSWORD, 'hashes': hashes}, open('hashes.json', 'w'))
for name, read in (('bcrypt 5.0.0', lambda stored: bcrypt.checkpw(PASSWORD.encode(), stored.encode())),
                   ('pwdlib 0.3.1', lambda stored: BcryptHasher().verify(PASSWORD, stored)),
                   ('Django 5.2.19', lambda stored: check_password(PASSWORD, f'bcrypt${stored}'))):
    print(f'PyPI {name}:', ', '.join(f'{prefix} {str(read(stored)).lower()}' for prefix, stored in hashes.items()))
PY

cat >seen.mjs <<'JS'
import { readFileSync } from 'node:fs';
import six from 'bcrypt';
import five from 'before';
import js from 'bcryptjs';
import rs from '@node-rs/bcrypt';
import { bcryptVerify } from 'hash-wasm';
import * as ts from 'bcrypt-ts';

const { password, hashes } = JSON.parse(readFileSync('hashes.json'));
const readers = {
  'bcryptjs 3.0.3': stored => js.compare(password, stored),
  '@node-rs/bcrypt 1.10.8': stored => rs.compare(password, stored),
  'hash-wasm 4.13.0': stored => bcryptVerify({ password, hash: stored }),
  'bcrypt-ts 9.0.2': stored => ts.compare(password, stored),
  'bcrypt 6.0.0': stored => six.compare(password, stored),
  'bcrypt 6.0.0, synchronously': stored => six.compareSync(password, stored),
  'bcrypt 5.1.1': stored => five.compare(password, stored),
  'bcrypt 5.1.1, by callback': stored => new Promise((done, failed) =>
    five.compare(password, stored, (error, same) => (error ? failed(error) : done(same)))),
};
for (const [name, read] of Object.entries(readers)) {
  const told = [];
  for (const [prefix, stored] of Object.entries(hashes)) told.push(`${prefix} ${await read(stored)}`);
  console.log(`npm ${name}: ${told.join(', ')}`);
}
for (const [name, bcrypt] of [['6.0.0', six], ['5.1.1', five]]) {
  const other = { 'nothing': '', 'cut off': hashes['2b'].slice(0, 40), 'plain text': password };
  const told = [];
  for (const [what, stored] of Object.entries(other)) told.push(`${what} ${await bcrypt.compare(password, stored)}`);
  console.log(`npm bcrypt ${name}: ${told.join(', ')}; cost of 2y ${bcrypt.getRounds(hashes['2y'])}`);
  console.log(`npm bcrypt ${name}: 2y written as 2b ${await bcrypt.compare(password, hashes['2y'].replace('$2y$', '$2b$'))}`);
}
JS

{
  python/bin/python seen.py
  node seen.mjs
} | tee seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
PyPI bcrypt 5.0.0: 2a true, 2b true, 2y true
PyPI pwdlib 0.3.1: 2a true, 2b true, 2y true
PyPI Django 5.2.19: 2a true, 2b true, 2y true
npm bcryptjs 3.0.3: 2a true, 2b true, 2y true
npm @node-rs/bcrypt 1.10.8: 2a true, 2b true, 2y true
npm hash-wasm 4.13.0: 2a true, 2b true, 2y true
npm bcrypt-ts 9.0.2: 2a true, 2b true, 2y true
npm bcrypt 6.0.0: 2a true, 2b true, 2y false
npm bcrypt 6.0.0, synchronously: 2a true, 2b true, 2y false
npm bcrypt 5.1.1: 2a true, 2b true, 2y false
npm bcrypt 5.1.1, by callback: 2a true, 2b true, 2y false
npm bcrypt 6.0.0: nothing false, cut off false, plain text false; cost of 2y 10
npm bcrypt 6.0.0: 2y written as 2b true
npm bcrypt 5.1.1: nothing false, cut off false, plain text false; cost of 2y 10
npm bcrypt 5.1.1: 2y written as 2b true
SEEN
echo 'as on 2026-11-30'
