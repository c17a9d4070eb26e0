#!/usr/bin/env bash
# A next page whose address is relative, as RFC 8288 allows, is followed from the wrong place: from the base that the client was
# made with, not from the page that named it. One client then puts another route's answer into the list, without an error.
#
# Seen on 2026-11-30 with @octokit/core 7.0.8 with @octokit/plugin-paginate-rest 16.0.0, got 14.6.6 (npm), requests 2.34.2,
# httpx 0.28.1, aiohttp 3.14.5 and dlt 1.31.0 (PyPI).
#
# What is surprising:
# * `Link: <?limit=2&cursor=2>; rel="next"` is valid, and means the same path with another query (RFC 8288, section 3.1, and
#   RFC 3986, section 5). A service behind proxies has a reason to write it so: it need not know its own public address. Of six
#   clients with help for this header, three go on from the page: got, aiohttp and dlt.
# * octokit's `paginate` and a client of httpx with a `base_url` hang it on their base, and ask for that with the query. An
#   address with a path, </api/tenants/1/users?…>, is no help: they ask for /api/api/tenants/1/users.
# * Where octokit's base is itself a resource, as in a client that is made for one tenant, there is no error at all: its list of
#   users is the two of the first page, and then the tenant.
# * requests takes the header apart into `response.links`, and then refuses to get what it found there: `MissingSchema`. httpx's
#   `response.links` is alike; aiohttp's, by the same name, holds whole addresses.
# * With a whole address in the header all six read all pages.
#
# Why it matters: lists of tenants, users and roles come in pages. A synchronization that ends with the first page, or
# takes a tenant for a user, is wrong about who is still there.
#
# What ours does: `Link: <?…&cursor=…>; rel="next"`, the query alone, since it does not know its public address. Clients resolve
# it against the address of the response, or take `cursor` out of it.
set -euo pipefail

place=$(mktemp -d)
trap 'wait || true; rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @octokit/core@7.0.8 @octokit/plugin-paginate-rest@16.0.0 \
  got@14.6.6 >&2 &
npm=$!
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 dlt==1.31.0 >&2
wait "$npm"

# Five users in pages of two; the first part of the path says in which form the next page is named.
cat >service.mjs <<'JS'
import { createServer } from 'node:http';

export const FORMS = ['query', 'path', 'whole'];

export function open(log) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const [, form, ...rest] = url.pathname.split('/');
    const done = (status, body, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    log?.(request.url);
    if (!FORMS.includes(form)) return done(404, { error: 'no such route' });
    if (rest.join('/') === 'tenants/1') return done(200, { id: 'tenant 1' });
    if (rest.join('/') !== 'tenants/1/users') return done(404, { error: 'no such route' });
    const at = Number(url.searchParams.get('cursor') ?? 0);
    const users = [1, 2, 3, 4, 5].slice(at, at + 2).map(id => ({ id }));
    if (at + 2 >= 5) return done(200, users);
    const before = { query: '', path: url.pathname, whole: url.origin + url.pathname }[form];
    return done(200, users, { link: `<${before}?limit=2&cursor=${at + 2}>; rel="next"` });
  });
  return new Promise(opened => server.listen(0, '127.0.0.1', () => opened(server.address().port)));
}

if (process.argv[2] === 'serve') console.log(await open());
JS

cat >seen.mjs <<'JS'
import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import got from 'got';
import { FORMS, open } from './service.mjs';

const asked = [];
const port = await open(url => asked.push(url));
async function see(name, form, list) {
  asked.length = 0;
  const told = await list().then(rows => rows.map(row => row.id).join(', '), error => `error, ${error.status ?? error.message}`);
  console.log(`${name}, ${form}: ${told}; the second request was ${asked[1]}`);
}

const Client = Octokit.plugin(paginateRest);
for (const form of FORMS) {
  const base = `http://127.0.0.1:${port}/${form}`;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const ofService = new Client({ baseUrl: base, log });
  const ofTenant = new Client({ baseUrl: `${base}/tenants/1`, log });
  await see('octokit', form, () => ofService.paginate('GET /tenants/{id}/users', { id: 1, limit: 2 }));
  await see('octokit, base of a tenant', form, () => ofTenant.paginate('GET /users', { limit: 2 }));
  const options = { prefixUrl: base, responseType: 'json', pagination: { transform: page => page.body } };
  await see('got', form, () => got.paginate.all('tenants/1/users?limit=2', options));
}
process.exit(0);
JS

cat >seen.py <<'PY'
import asyncio
import sys

import aiohttp
import httpx
import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator

SERVICE = f'http://127.0.0.1:{sys.argv[1]}'
FIRST = 'tenants/1/users?limit=2'


def with_requests(base):
    url, rows = f'{base}/{FIRST}', []
    while url:
        page = requests.get(url)
        rows += page.json()
        url = page.links.get('next', {}).get('url')
    return rows


def with_httpx(base):
    url, rows = FIRST, []
    with httpx.Client(base_url=base) as client:
        while url:
            page = client.get(url).raise_for_status()
            rows += page.json()
            url = page.links.get('next', {}).get('url')
    return rows


async def with_aiohttp(base):
    url, rows = FIRST, []
    async with aiohttp.ClientSession(f'{base}/') as client:
        while url:
            async with client.get(url, raise_for_status=True) as page:
                rows += await page.json()
                url = page.links.get('next', {}).get('url')
    return rows


def with_dlt(base):
    client = RESTClient(base_url=base, paginator=HeaderLinkPaginator())
    return [row for page in client.paginate('tenants/1/users', params={'limit': 2}) for row in page]


def told(reader, base):
    try:
        return ', '.join(str(row['id']) for row in reader(base))
    except httpx.HTTPStatusError as error:
        return f'error, {error.response.status_code} of {error.request.url.raw_path.decode()}'
    except requests.RequestException as error:
        return f'error, {type(error).__name__}'


for form in ('query', 'path', 'whole'):
    for name, reader in (('requests', with_requests), ('httpx', with_httpx),
                         ('aiohttp', lambda base: asyncio.run(with_aiohttp(base))), ('dlt', with_dlt)):
        print(f'{name}, {form}: {told(reader, f"{SERVICE}/{form}")}')
PY

{
  node seen.mjs
  exec 3< <(exec node service.mjs serve)
  service=$!
  trap 'kill "$service"; rm -rf "$place"' EXIT
  read -r port <&3
  python/bin/python seen.py "$port" 2>seen.err || cat seen.err
} >seen
cat seen
diff - seen <<'SEEN' || { echo 'not as on 2026-11-30 (< then, > now)' >&2; exit 1; }
octokit, query: error, 404; the second request was /query?limit=2&cursor=2
octokit, base of a tenant, query: 1, 2, tenant 1; the second request was /query/tenants/1?limit=2&cursor=2
got, query: 1, 2, 3, 4, 5; the second request was /query/tenants/1/users?limit=2&cursor=2
octokit, path: error, 404; the second request was /path/path/tenants/1/users?limit=2&cursor=2
octokit, base of a tenant, path: error, 404; the second request was /path/tenants/1/path/tenants/1/users?limit=2&cursor=2
got, path: 1, 2, 3, 4, 5; the second request was /path/tenants/1/users?limit=2&cursor=2
octokit, whole: 1, 2, 3, 4, 5; the second request was /whole/tenants/1/users?limit=2&cursor=2
octokit, base of a tenant, whole: 1, 2, 3, 4, 5; the second request was /whole/tenants/1/users?limit=2&cursor=2
got, whole: 1, 2, 3, 4, 5; the second request was /whole/tenants/1/users?limit=2&cursor=2
requests, query: error, MissingSchema
httpx, query: error, 404 of /query/?limit=2&cursor=2
aiohttp, query: 1, 2, 3, 4, 5
dlt, query: 1, 2, 3, 4, 5
requests, path: error, MissingSchema
httpx, path: error, 404 of /path/path/tenants/1/users?limit=2&cursor=2
aiohttp, path: 1, 2, 3, 4, 5
dlt, path: 1, 2, 3, 4, 5
requests, whole: 1, 2, 3, 4, 5
httpx, whole: 1, 2, 3, 4, 5
aiohttp, whole: 1, 2, 3, 4, 5
dlt, whole: 1, 2, 3, 4, 5
SEEN
echo 'as on 2026-11-30'
