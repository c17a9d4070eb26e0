// Builds random filters with @loopback/filter. Reads the rows that they are to be about, and the seed, from standard
// input: {"rows":[…],"seed":1,"count":1000}. Prints one filter a line.
'use strict';

const { FilterBuilder, WhereBuilder } = require('@loopback/filter');

const { rows, seed, count } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));

// A linear congruential generator (Numerical Recipes): what matters is that a seed gives the same filters again.
let state = seed >>> 0;
const random = below => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = list => list[random(list.length)];

const TEXTS = ['name', 'key', 'city', 'zip', 'website', 'address'];
const COMPARED = [...TEXTS, 'status', 'createdOn', 'id'];

/** A value that some row holds, or now and then one that none does. */
function value(property) {
  const held = pick(rows)[property];
  if (property === 'status') return random(8) === 0 ? 7 : held;
  if (property === 'id' || property === 'createdOn') return held;
  return held === null || random(10) === 0 ? `none-${random(9)}` : held;
}

/** A piece of a text with wildcards around it. */
function pattern(property) {
  const text = value(property);
  const start = random(text.length);
  const piece = text.slice(start, start + 1 + random(3)).replace(/[\\%_]/g, '\\$&');
  return pick([`%${piece}%`, `${piece}%`, `%${piece}`, `_${piece}%`, `%${piece.toUpperCase()}%`]);
}

/** Adds one condition by one of the builder's own methods. */
function condition(where) {
  const property = pick(COMPARED);
  const text = pick(TEXTS);
  const values = () => Array.from({ length: 1 + random(5) }, () => value(property));
  const [low, high] = [value(property), value(property)].sort((a, b) => (a < b ? -1 : 1));
  return pick([
    () => where.eq(property, value(property)),
    () => where.neq(property, value(property)),
    () => where.gt(property, value(property)),
    () => where.gte(property, value(property)),
    () => where.lt(property, value(property)),
    () => where.lte(property, value(property)),
    () => where.inq(property, values()),
    () => where.nin(property, values()),
    () => where.between(property, low, high),
    () => where.like(text, pattern(text)),
    () => where.nlike(text, pattern(text)),
    () => where.ilike(text, pattern(text)),
    () => where.nilike(text, pattern(text)),
    () => where.regexp(text, `[${pick(['a-m', 'n-z', '0-4', '5-9'])}]${pick(['', '+', '$'])}`),
    () => where.eq(pick(['city', 'zip', 'website']), null),
    () => where.neq(pick(['city', 'zip', 'website']), null),
    () => where.exists(pick(['city', 'zip', 'website'])),
  ])();
}

function where(depth) {
  const built = new WhereBuilder();
  for (let left = 1 + random(2); left > 0; left -= 1) condition(built);
  if (depth > 0 && random(3) === 0) {
    const branches = Array.from({ length: 1 + random(3) }, () => where(depth - 1));
    pick([() => built.or(...branches), () => built.and(...branches)])();
  }
  if (random(6) === 0) built.impose(where(0));
  return built.build();
}

function filter() {
  const built = new FilterBuilder();
  if (random(10) > 0) built.where(where(2));
  if (random(2)) built.order(...Array.from({ length: 1 + random(2) }, () => `${pick(COMPARED)} ${pick(['ASC', 'DESC'])}`));
  if (random(4) === 0) built.limit(1 + random(20));
  if (random(4) === 0) built.limit(1 + random(20)).skip(random(10));
  if (random(8) === 0) built.limit(1 + random(20)).offset(random(10));
  if (random(4) === 0) built.fields('id', pick(COMPARED), pick(TEXTS));
  if (random(8) === 0) built.fields({ [pick(TEXTS)]: false });
  return built.build();
}

for (let left = count; left > 0; left -= 1) console.log(JSON.stringify(filter()));
