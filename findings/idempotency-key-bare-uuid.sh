#!/usr/bin/env bash
# The header Idempotency-Key has two forms that hardly meet: clients send a bare UUID, and whoever reads the header as its draft
# says refuses ten of sixteen such keys, by their first digit; what servers use reads the quotation marks as part of the key.
#
# Seen on 2026-11-30 with the clients stripe 16.1.0 and workos 10.6.0 (PyPI), stripe 23.1.0 and @workos-inc/node 11.0.0 (npm);
# the readers http-sfv 0.9.9 (PyPI), structured-headers 2.1.0 and structured-field-values 2.0.4 (npm); the servers' parts
# asgi-idempotency-header 0.2.0, fastapi-idempotency-key 0.1.1 and fastapi-idempotency 0.1.1 (PyPI), on starlette 1.10.0,
# @node-idempotency/core 1.0.11 and express-idempotency 1.0.6 (npm).
#
# What is surprising:
# * draft-ietf-httpapi-idempotency-key-header makes the value an Item of structured fields (RFC 8941, now RFC 9651) that is a
#   String, in quotation marks, and its example is a UUID. None of the four clients sends the marks: two send a bare UUID, two
#   one with words before it.
# * In structured fields a bare value is a Token if it begins with a letter, and a number if it begins with a digit. So of one
#   client's random keys those that begin with a to f are read, as a Token, and those with 0 to 9 are refused, as a number with
#   something behind it. A test with one key may pass. A UUID of version 7, which begins with 0 for centuries, is always refused;
#   a key with words before it is always read.
# * A bare key of digits alone is read as a number, which is the same with zeros before it: 0042 is 42.
# * The servers' parts compare the text of the header. A request that comes with a bare key, and again with the same key in
#   quotation marks, is carried out twice by all five. With its check of the form on (`enforce_uuid4_formatting`), the first
#   of them refuses the form of the draft, 422.
#
# Why it matters: a key is there for the second try. Where that comes from another program than the first, which writes the same
# key in the other form, a user is invited twice; and a service that reads the header as the draft says fails some of its
# clients' requests at random, and others' always.
#
# What ours does: takes a key in quotation marks, and a bare one that has no blank, comma or semicolon, whatever it begins with;
# both forms of one text are one key (docs/operations.md, "Requests that come twice").
set -euo pipefail

place=$(mktemp -d)
trap 'wait || true; rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund stripe@23.1.0 @workos-inc/node@11.0.0 structured-headers@2.1.0 \
  structured-field-values@2.0.4 @node-idempotency/core@1.0.11 @node-idempotency/storage-adapter-memory@1.0.2 \
  express-idempotency@1.0.6 express@4.22.3 >&2 &
npm=$!
python3 -m venv python
# asgi-idempotency-header needs fastapi and redis, and does not require them.
python/bin/pip install --quiet --disable-pip-version-check stripe==16.1.0 workos==10.6.0 requests==2.34.2 http-sfv==0.9.9 \
  starlette==1.10.0 fastapi==0.165.0 redis==8.1.0 httpx==0.28.1 asgi-idempotency-header==0.2.0 \
  fastapi-idempotency-key==0.1.1 fastapi-idempotency==0.1.1 >&2
wait "$npm"

cat >seen.py <<'PY'
import asyncio
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import http_sfv
import httpx
import stripe
import workos
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
keys = []


class Stub(BaseHTTPRequestHandler):
    """Notes the key, and answers what both clients take."""

    def do_POST(self):
        keys.append(self.headers['Idempotency-Key'])
        self.rfile.read(int(self.headers['Content-Length']))
        organization = {'id': 'o', 'object': 'organization', 'name': 'Acme', 'domains': [], 'metadata': {}, 'external_id': None,
                        'created_at': '2026-11-30T00:00:00.000Z', 'updated_at': '2026-11-30T00:00:00.000Z'}
        body = json.dumps(organization).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def clients():
    server = HTTPServer(('127.0.0.1', 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_port}'
    stripe.StripeClient('sk_test_1', base_addresses={'api': url}).v1.customers.create({'name': 'Acme'})
    workos.WorkOSClient(api_key='sk_test_1', client_id='client_1', base_url=url).organizations.create_organization(name='Acme')
    server.shutdown()
    for name, key in zip(('stripe', 'workos'), keys, strict=True):
        print(f'PyPI {name} sends: {re.sub(UUID, "UUID", key)}')


def read(key):
    item = http_sfv.Item()
    try:
        item.parse(key.encode())
    except ValueError:
        return 'refused'
    return f'{type(item.value).__name__} {item.value}' if len(key) < 9 else type(item.value).__name__


def reader():
    rest = 'e03978e-40d5-43e8-bc93-6894a57f9324'
    told = {digit: read(digit + rest) for digit in '0123456789abcdef'}
    for result in dict.fromkeys(told.values()):
        print(f'http-sfv, UUID that begins with {"".join(digit for digit in told if told[digit] == result)}: {result}')
    print(f'http-sfv, UUID in quotation marks: {read(chr(34) + "8" + rest + chr(34))}')
    print(f'http-sfv, UUID of version 7: {read("019ad0c1-3f0e-7d51-9c57-0d5f1f6f8a11")}')
    print(f'http-sfv, stripe-node-retry-UUID: {read("stripe-node-retry-8" + rest)}')
    print(f'http-sfv, 0042: {read("0042")}')


async def server(name, wrap):
    made = 0

    async def create(request):
        nonlocal made
        made += 1
        return JSONResponse({'id': made}, 201)

    app = wrap(Starlette(routes=[Route('/users', create, methods=['POST'])]))
    key = 'a5e1b3c2-40d5-43e8-bc93-6894a57f9324'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://test') as client:
        answers = []
        for value in (key, key, f'"{key}"'):
            answer = await client.post('/users', json={'name': 'Ann'}, headers={'Idempotency-Key': value})
            answers.append(f'{answer.status_code} {answer.json().get("id", "")}'.strip())
    times = ['never', 'once', 'twice'][made]
    print(f'{name}: bare {answers[0]}, again {answers[1]}, in quotation marks {answers[2]}; carried out {times}')


async def servers():
    import fastapi_idempotency
    import fastapi_idempotency_key
    import idempotency_header_middleware as header
    from idempotency_header_middleware.backends import MemoryBackend

    await server('asgi-idempotency-header', lambda app: header.IdempotencyHeaderMiddleware(app, backend=MemoryBackend()))
    await server('the same, with its check of the form',
                 lambda app: header.IdempotencyHeaderMiddleware(app, backend=MemoryBackend(), enforce_uuid4_formatting=True))
    await server('fastapi-idempotency-key', fastapi_idempotency_key.IdempotencyMiddleware)
    await server('fastapi-idempotency', fastapi_idempotency.IdempotencyMiddleware)


clients()
reader()
asyncio.run(servers())
PY

cat >seen.mjs <<'JS'
import { createServer } from 'node:http';
import express from 'express';
import { idempotency, getSharedIdempotencyService } from 'express-idempotency';
import { Idempotency } from '@node-idempotency/core';
import { MemoryStorageAdapter } from '@node-idempotency/storage-adapter-memory';
import Stripe from 'stripe';
import { WorkOS } from '@workos-inc/node';
import { decodeItem } from 'structured-field-values';
import { parseItem, Token } from 'structured-headers';

const opened = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)));

// The clients.
const keys = [];
const stub = createServer((request, response) => {
  keys.push(request.headers['idempotency-key']);
  response.setHeader('content-type', 'application/json');
  response.end('{"id": "o", "object": "organization", "name": "Acme", "domains": [], "metadata": {}}');
});
const port = await opened(stub);
const there = { host: '127.0.0.1', port, protocol: 'http' };
await new Stripe('sk_test_1', there).customers.create({ name: 'Acme' });
const workos = new WorkOS('sk_test_1', { apiHostname: '127.0.0.1', port, https: false });
await workos.organizations.createOrganization({ name: 'Acme' });
stub.closeAllConnections();
stub.close();
const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
['stripe', '@workos-inc/node'].forEach((name, at) => console.log(`npm ${name} sends: ${keys[at].replace(uuid, 'UUID')}`));

// The readers.
const kind = value => (value instanceof Token || typeof value === 'symbol' ? 'Token' : typeof value);
const readers = {
  'structured-headers': text => parseItem(text)[0],
  'structured-field-values': text => decodeItem(text).value,
};
const rest = 'e03978e-40d5-43e8-bc93-6894a57f9324';
for (const [name, read] of Object.entries(readers)) {
  const told = text => { try { return kind(read(text)); } catch { return 'refused'; } };
  const found = new Map();
  for (const digit of '0123456789abcdef') {
    const result = told(digit + rest);
    found.set(result, (found.get(result) ?? '') + digit);
  }
  for (const [result, digits] of found) console.log(`${name}, UUID that begins with ${digits}: ${result}`);
  console.log(`${name}, UUID in quotation marks: ${told(`"8${rest}"`)}`);
  console.log(`${name}, 0042: ${told('0042')} ${read('0042')}`);
}

// The servers' parts.
const key = 'a5e1b3c2-40d5-43e8-bc93-6894a57f9324';
const tries = [key, key, `"${key}"`];
function tell(name, [bare, again, quoted], made) {
  const times = ['never', 'once', 'twice'][made];
  console.log(`${name}: bare ${bare}, again ${again}, in quotation marks ${quoted}; carried out ${times}`);
}

const core = new Idempotency(new MemoryStorageAdapter());
let made = 0;
const answers = [];
for (const value of tries) {
  const request = { headers: { 'idempotency-key': value }, method: 'POST', path: '/users', body: { name: 'Ann' } };
  const kept = await core.onRequest(request);
  if (!kept) {
    made += 1;
    await core.onResponse(request, { body: { id: made }, statusCode: 201 });
  }
  answers.push(kept ? `${kept.statusCode} ${kept.body.id}` : `201 ${made}`);
}
tell('@node-idempotency/core', answers, made);

made = 0;
const app = express();
app.use(express.json(), idempotency());
app.post('/users', (request, response) => {
  if (getSharedIdempotencyService().isHit(request)) return;
  made += 1;
  response.status(201).json({ id: made });
});
const host = createServer(app);
const url = `http://127.0.0.1:${await opened(host)}/users`;
const told = [];
for (const value of tries) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': value };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"name": "Ann"}' });
  told.push(`${answer.status} ${(await answer.json()).id}`);
}
tell('express-idempotency', told, made);
process.exit(0);
JS

{
  python/bin/python seen.py
  node seen.mjs
} | tee seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
PyPI stripe sends: UUID
PyPI workos sends: UUID
http-sfv, UUID that begins with 0123456789: refused
http-sfv, UUID that begins with abcdef: Token
http-sfv, UUID in quotation marks: str
http-sfv, UUID of version 7: refused
http-sfv, stripe-node-retry-UUID: Token
http-sfv, 0042: int 42
asgi-idempotency-header: bare 201 1, again 201 1, in quotation marks 201 2; carried out twice
the same, with its check of the form: bare 201 1, again 201 1, in quotation marks 422; carried out once
fastapi-idempotency-key: bare 201 1, again 201 1, in quotation marks 201 2; carried out twice
fastapi-idempotency: bare 201 1, again 201 1, in quotation marks 201 2; carried out twice
npm stripe sends: stripe-node-retry-UUID
npm @workos-inc/node sends: retry-UUID
structured-headers, UUID that begins with 0123456789: refused
structured-headers, UUID that begins with abcdef: Token
structured-headers, UUID in quotation marks: string
structured-headers, 0042: number 42
structured-field-values, UUID that begins with 0123456789: refused
structured-field-values, UUID that begins with abcdef: Token
structured-field-values, UUID in quotation marks: string
structured-field-values, 0042: number 42
@node-idempotency/core: bare 201 1, again 201 1, in quotation marks 201 2; carried out twice
express-idempotency: bare 201 1, again 201 1, in quotation marks 201 2; carried out twice
SEEN
echo 'as on 2026-11-30'
