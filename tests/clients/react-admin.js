// Drives /tenants as a react-admin application does, through its data provider for LoopBack 4.
//
// SERVICE is the address of the service and TOKEN a master's token. Prints what it did, a line a step.
'use strict';

const assert = require('node:assert/strict');
const provider = require('react-admin-lb4/commonjs').default;

const requests = [];
const counted = (url, options) => {
  requests.push(`${options.method} ${new URL(url).pathname}`);
  return fetch(url, options);
};
const headers = () => ({ Authorization: `Bearer ${process.env.TOKEN}` });
const admin = provider(process.env.SERVICE, headers, 'id', 'id', counted);

const names = answer => answer.data.map(tenant => tenant.name);
const done = step => console.log(step);

async function main() {
  const all = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 10 },
    sort: { field: 'name', order: 'ASC' },
  });
  assert.deepEqual(names(all), ['Tenant A', 'Tenant B', 'Tenant C']);
  assert.equal(all.total, 3);
  done('list');

  const descending = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 10 },
    sort: { field: 'name', order: 'DESC' },
  });
  assert.deepEqual(names(descending), ['Tenant C', 'Tenant B', 'Tenant A']);
  done('sort');

  const active = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 10 },
    sort: { field: 'name', order: 'ASC' },
    filter: { status: 1 },
  });
  assert.deepEqual(names(active), ['Tenant A', 'Tenant B']);
  assert.equal(active.total, 2);
  const like = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 10 },
    sort: { field: 'name', order: 'ASC' },
    filter: { name: { ilike: '%nt b' } },
  });
  assert.deepEqual([names(like), like.total], [['Tenant B'], 1]);
  done('filter');

  const keys = [];
  for (let number = 1; number <= 25; number += 1) {
    const key = `page-${String(number).padStart(2, '0')}`;
    const created = await admin('CREATE', 'tenants', { data: { name: `Paged ${key}`, key, status: 0 } });
    assert.match(created.data.id, /^[0-9a-f-]{36}$/);
    assert.equal(created.data.key, key);
    keys.push({ key, id: created.data.id });
  }
  done('create');

  const seen = [];
  for (let page = 1; page <= 3; page += 1) {
    const answer = await admin('GET_LIST', 'tenants', {
      pagination: { page, perPage: 10 },
      sort: { field: 'key', order: 'ASC' },
      filter: { name: { like: 'Paged %' } },
    });
    assert.equal(answer.total, 25);
    assert.equal(answer.data.length, page < 3 ? 10 : 5);
    seen.push(...answer.data.map(tenant => tenant.key));
  }
  assert.deepEqual(seen, keys.map(({ key }) => key));
  done('page');

  const one = await admin('GET_ONE', 'tenants', { id: keys[0].id });
  assert.equal(one.data.key, 'page-01');
  done('read');

  const several = await admin('GET_MANY', 'tenants', { ids: keys.slice(3, 7).map(({ id }) => id) });
  assert.deepEqual(several.data.map(tenant => tenant.key).sort(), keys.slice(3, 7).map(({ key }) => key));
  // The provider writes a list of one as a plain value, which the original refuses in these words too.
  await assert.rejects(admin('GET_MANY', 'tenants', { ids: [keys[3].id] }), /Value is not an array/);
  done('read many');

  const reference = await admin('GET_MANY_REFERENCE', 'tenants', {
    target: 'key',
    id: 'page-09',
    pagination: { page: 1, perPage: 10 },
    sort: { field: 'id', order: 'ASC' },
  });
  assert.deepEqual([reference.data.map(tenant => tenant.id), reference.total], [[keys[8].id], 1]);
  done('read by reference');

  // As an edit form does: the record goes back whole, with what the service has set in it. A null is a 422, here as in
  // the original.
  const filled = Object.fromEntries(Object.entries(one.data).filter(([, value]) => value !== null));
  const edited = await admin('UPDATE', 'tenants', { id: keys[0].id, data: { ...filled, city: 'Paris' } });
  assert.deepEqual([edited.data.id, edited.data.city, edited.data.key], [keys[0].id, 'Paris', 'page-01']);
  done('update');

  const some = keys.slice(10, 15).map(({ id }) => id);
  const changed = await admin('UPDATE_MANY', 'tenants', { ids: some, data: { city: 'Lyon' } });
  assert.deepEqual(changed.data, some);
  const inLyon = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 100 },
    sort: { field: 'key', order: 'ASC' },
    filter: { city: 'Lyon' },
  });
  assert.deepEqual(inLyon.data.map(tenant => tenant.id), some);
  done('update many');

  const deleted = await admin('DELETE', 'tenants', { id: keys[0].id });
  assert.equal(deleted.data.key, 'page-01');
  await assert.rejects(admin('GET_ONE', 'tenants', { id: keys[0].id }), /EntityNotFound/);
  done('delete');

  const rest = keys.slice(1).map(({ id }) => id);
  const gone = await admin('DELETE_MANY', 'tenants', { ids: rest });
  assert.deepEqual(gone.data, rest);
  const left = await admin('GET_LIST', 'tenants', {
    pagination: { page: 1, perPage: 100 },
    sort: { field: 'name', order: 'ASC' },
  });
  assert.deepEqual([names(left), left.total], [['Tenant A', 'Tenant B', 'Tenant C'], 3]);
  done('delete many');

  await assert.rejects(admin('CREATE', 'tenants', { data: { name: 'Twice', key: 'tenant-a', status: 1 } }));
  done('refusal');
  assert.ok(requests.length > 100);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
