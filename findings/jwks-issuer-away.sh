#!/usr/bin/env bash
# Clients of a JSON Web Key Set wait after a fetch that succeeded, not after one that failed. While the issuer answers 503,
# each token that needs a fetch is a request to it; and once the age of the key set has passed, tokens are refused whose
# key the client fetched before.
#
# Seen on 2026-11-28 with jose 6.2.18 and jwks-rsa 4.1.0 (npm) and PyJWT 2.15.1 (PyPI).
#
# What is surprising:
# * jose and PyJWT have a "cooldown" of 30 s (here 1 s). It counts from the last success, as their documentation says, so
#   it is over where it would be of most use: at an issuer in trouble. And it covers the search for an unknown key only:
#   when the set is too old, each token asks. jwks-rsa has no cooldown, and remembers only keys that it found; its
#   `rateLimit` does count failed requests, ten a minute, so that keys are not found for a while after the issuer is back.
# * Once the set is older than its age (10, 10 and 5 minutes; here 1 s), no key is given while the issuer is away. In jose
#   and PyJWT that one number says both how soon a key that the issuer has withdrawn ends and how short an outage of the
#   issuer is felt by everybody who is logged in (with jose one may keep the set for ever and call `reload` oneself).
#   jwks-rsa has a second number, `cacheMaxAgeFallback`, which is off unless set; it bridges the outage, and then asks once
#   an age. PyJWT's `cache_keys` is the other extreme: a key once used is given without asking, with no age at all.
# * Twenty tokens of one key at once are one request with jose and jwks-rsa. PyJWT fetches under a lock, for one after the
#   other: the last token waits for all twenty requests to fail.
#
# Why it matters: services that verify tokens of an OpenID Connect issuer are many to one issuer. One that comes up again
# meets all their traffic, and an outage of more than some minutes ends every session of every tenant, with nothing withdrawn.
#
# What ours does (JWT_VERIFIER=jwks): it asks again after five minutes, at most every three seconds counted from the end of
# the last fetch, failed ones too, one fetch at a time; known keys work for an hour while the issuer does not answer, and
# tokens with other keys are a 503 at once.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund jose@6.2.18 jwks-rsa@4.1.0 >&2
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check PyJWT==2.15.1 cryptography==50.0.2 >&2

# An issuer on this machine: answers with one key, or 503 when told to, after 50 ms, and counts.
cat >issuer.mjs <<'JS'
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'known', use: 'sig', alg: 'RS256' }];
let away = false;
let requests = 0;

const server = createServer((request, response) => {
  const done = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url === '/away') return done(200, (away = true));
  if (request.url === '/back') return done(200, !(away = false));
  if (request.url === '/count') {
    done(200, requests);
    requests = 0;
    return undefined;
  }
  requests += 1;
  return setTimeout(() => (away ? done(503, {}) : done(200, { keys })), 50);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
JS

# What is done with each client: `make` gives a function from a key id to a promise of a key.
cat >clients.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createRemoteJWKSet } from 'jose';
import jwks from 'jwks-rsa';

const issuer = process.argv[2];
const ask = async what => (await fetch(`${issuer}/${what}`)).json();
const SHORT = 1000;
const LONG = 600000;
const version = name => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;

const remote = ({ age, cooldown }) => {
  const find = createRemoteJWKSet(new URL(`${issuer}/jwks`), { cacheMaxAge: age, cooldownDuration: cooldown });
  return kid => find({ alg: 'RS256', kid });
};
const signing = ({ age, cooldown: _, ...more }) => {
  const client = jwks({ jwksUri: `${issuer}/jwks`, cacheMaxAge: age, ...more });
  return kid => client.getSigningKey(kid);
};
const clients = {
  jose: ['jose', remote],
  'jwks-rsa': ['jwks-rsa', signing],
  'jwks-rsa, rateLimit,': ['jwks-rsa', options => signing({ ...options, rateLimit: true })],
  'jwks-rsa, cacheMaxAgeFallback,': ['jwks-rsa', options => signing({ ...options, cacheMaxAgeFallback: LONG })],
};

for (const [name, [of, make]] of Object.entries(clients)) {
  const report = async (step, find, kid, together = false) => {
    await ask('count');
    let found = 0;
    const one = () => find(kid).then(() => { found += 1; }, () => {});
    if (together) await Promise.all(Array.from({ length: 20 }, one));
    else for (let left = 20; left > 0; left -= 1) await one();
    console.log(`${name} ${version(of)} | ${step} | ${await ask('count')} requests, ${found} of 20 keys`);
  };
  await ask('away');
  await report('away from the start, one after the other', make({ age: LONG, cooldown: SHORT }), 'known');
  await report('away from the start, at once', make({ age: LONG, cooldown: SHORT }), 'known', true);

  await ask('back');
  const young = make({ age: LONG, cooldown: SHORT });
  await young('known');
  await ask('away');
  await report('away since just now, unknown key', young, 'unknown');
  await wait(1200);
  await report('away, and the cooldown over, unknown key', young, 'unknown');
  await report('away, and the set young, known key', young, 'known');

  await ask('back');
  const old = make({ age: SHORT, cooldown: LONG });
  await old('known');
  await ask('away');
  await wait(1200);
  await report('away, and the set older than its age, known key', old, 'known');
  await ask('back');
  await report('back again, known key', old, 'known');
}
JS

cat >client.py <<'PY'
import json
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import jwt

issuer = sys.argv[1]


def ask(what):
    with urllib.request.urlopen(f"{issuer}/{what}") as answer:
        return json.load(answer)


def report(step, client, kid, together=False):
    def one(_):
        try:
            client.get_signing_key(kid)
            return 1
        except jwt.PyJWKClientError:
            return 0

    ask("count")
    with ThreadPoolExecutor(20 if together else 1) as pool:
        found = sum(pool.map(one, range(20)))
    print(f"PyJWT {jwt.__version__} | {step} | {ask('count')} requests, {found} of 20 keys")


def make(age, cooldown, **more):
    return jwt.PyJWKClient(f"{issuer}/jwks", lifespan=age, cooldown_duration=cooldown, **more)


ask("away")
report("away from the start, one after the other", make(600, 1), "known")
started = time.monotonic()
report("away from the start, at once", make(600, 1), "known", True)
turns = "one after the other" if time.monotonic() - started > 20 * 0.05 else "side by side"
print(f"PyJWT {jwt.__version__} | those at once | {turns}")

ask("back")
young = make(600, 1)
young.get_signing_key("known")
ask("away")
report("away since just now, unknown key", young, "unknown")
time.sleep(1.2)
report("away, and the cooldown over, unknown key", young, "unknown")
report("away, and the set young, known key", young, "known")

for step, more in ("", {}), (", cache_keys", {"cache_keys": True}):
    ask("back")
    old = make(1, 600, **more)
    old.get_signing_key("known")
    ask("away")
    time.sleep(1.2)
    report("away, and the set older than its age, known key" + step, old, "known")
    ask("back")
    report("back again, known key" + step, old, "known")
PY

node issuer.mjs >address &
issuer=$!
trap 'kill "$issuer" 2>/dev/null || true; wait || true; rm -rf "$place"' EXIT
for _ in $(seq 100); do [ -s address ] && break; sleep 0.1; done
address=$(cat address)

{ node clients.mjs "$address"; python/bin/python client.py "$address"; } | tee seen

diff - seen <<'SEEN' || { echo 'not as on 2026-11-28 (< then, > now)' >&2; exit 1; }
jose 6.2.18 | away from the start, one after the other | 20 requests, 0 of 20 keys
jose 6.2.18 | away from the start, at once | 1 requests, 0 of 20 keys
jose 6.2.18 | away since just now, unknown key | 0 requests, 0 of 20 keys
jose 6.2.18 | away, and the cooldown over, unknown key | 20 requests, 0 of 20 keys
jose 6.2.18 | away, and the set young, known key | 0 requests, 20 of 20 keys
jose 6.2.18 | away, and the set older than its age, known key | 20 requests, 0 of 20 keys
jose 6.2.18 | back again, known key | 1 requests, 20 of 20 keys
jwks-rsa 4.1.0 | away from the start, one after the other | 20 requests, 0 of 20 keys
jwks-rsa 4.1.0 | away from the start, at once | 1 requests, 0 of 20 keys
jwks-rsa 4.1.0 | away since just now, unknown key | 20 requests, 0 of 20 keys
jwks-rsa 4.1.0 | away, and the cooldown over, unknown key | 20 requests, 0 of 20 keys
jwks-rsa 4.1.0 | away, and the set young, known key | 0 requests, 20 of 20 keys
jwks-rsa 4.1.0 | away, and the set older than its age, known key | 20 requests, 0 of 20 keys
jwks-rsa 4.1.0 | back again, known key | 1 requests, 20 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away from the start, one after the other | 10 requests, 0 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away from the start, at once | 1 requests, 0 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away since just now, unknown key | 9 requests, 0 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away, and the cooldown over, unknown key | 0 requests, 0 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away, and the set young, known key | 0 requests, 20 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | away, and the set older than its age, known key | 9 requests, 0 of 20 keys
jwks-rsa, rateLimit, 4.1.0 | back again, known key | 0 requests, 0 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away from the start, one after the other | 20 requests, 0 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away from the start, at once | 1 requests, 0 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away since just now, unknown key | 20 requests, 0 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away, and the cooldown over, unknown key | 20 requests, 0 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away, and the set young, known key | 0 requests, 20 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | away, and the set older than its age, known key | 1 requests, 20 of 20 keys
jwks-rsa, cacheMaxAgeFallback, 4.1.0 | back again, known key | 0 requests, 20 of 20 keys
PyJWT 2.15.1 | away from the start, one after the other | 20 requests, 0 of 20 keys
PyJWT 2.15.1 | away from the start, at once | 20 requests, 0 of 20 keys
PyJWT 2.15.1 | those at once | one after the other
PyJWT 2.15.1 | away since just now, unknown key | 0 requests, 0 of 20 keys
PyJWT 2.15.1 | away, and the cooldown over, unknown key | 20 requests, 0 of 20 keys
PyJWT 2.15.1 | away, and the set young, known key | 0 requests, 20 of 20 keys
PyJWT 2.15.1 | away, and the set older than its age, known key | 20 requests, 0 of 20 keys
PyJWT 2.15.1 | back again, known key | 1 requests, 20 of 20 keys
PyJWT 2.15.1 | away, and the set older than its age, known key, cache_keys | 0 requests, 20 of 20 keys
PyJWT 2.15.1 | back again, known key, cache_keys | 0 requests, 20 of 20 keys
SEEN
echo 'as on 2026-11-28'
