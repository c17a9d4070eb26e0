// What a walk is made of: starts the service, the authentication service and our commands, asks them, and looks into the
// database beside both. PROGRAM, DATABASE_URL, REDIS_PORT and PLACE come from scripts/authentication-service.sh.
'use strict';

const assert = require('node:assert/strict');
const {execFile, spawn} = require('node:child_process');
const {generateKeyPairSync} = require('node:crypto');
const {createWriteStream, writeFileSync} = require('node:fs');
const {connect} = require('node:net');
const path = require('node:path');
const {promisify} = require('node:util');
const bcrypt = require('bcrypt');
const {Client} = require('pg');

const {PROGRAM, DATABASE_URL, REDIS_PORT, PLACE} = process.env;
const ISSUER = 'https://id.acme.example';
const SECRET = 'a-secret-of-this-run-and-of-no-other-one';
const KEYS = {private: path.join(PLACE, 'private.pem'), public: path.join(PLACE, 'public.pem')};
const running = [];
let database = DATABASE_URL;
let sql;

// One line a step, with the time that it took. What goes wrong in it says in which.
async function step(name, act) {
  const start = Date.now();
  try {
    const result = await act();
    console.log(`    ${name} (${Date.now() - start} ms)`);
    return result;
  } catch (error) {
    console.error(`    ${name}: FAILED`);
    throw error;
  }
}

// A database of its own for each chapter, empty.
async function freshDatabase(name) {
  await sql?.end();
  const first = new Client({connectionString: DATABASE_URL});
  await first.connect();
  await first.query(`CREATE DATABASE ${name}`);
  await first.end();
  database = DATABASE_URL.replace(/\/[^/]*$/, `/${name}`);
  sql = new Client({connectionString: database});
  await sql.connect();
}

// A password as the authentication service would keep it.
const hash = password => bcrypt.hash(password, 10);

const query = async (text, values) => (await sql.query(text, values)).rows;

// The two keys, as PEM, of the mode that the authentication service has when nothing is set.
function makeKeys() {
  const pair = generateKeyPairSync('rsa', {modulusLength: 2048});
  writeFileSync(KEYS.private, pair.privateKey.export({type: 'pkcs8', format: 'pem'}), {mode: 0o600});
  writeFileSync(KEYS.public, pair.publicKey.export({type: 'spki', format: 'pem'}));
}

const settings = more => ({
  PATH: process.env.PATH,
  DATABASE_URL: database,
  DATA_DIR: PLACE,
  JWT_ISSUER: ISSUER,
  NO_COLOR: '1',
  LOG_LEVEL: 'info',
  LOG_FORMAT: 'json',
  PORT: '0',
  ...more,
});

// A command of ours: what it prints, and with `fails` its exit code too.
async function command(more, args, {input = '', fails} = {}) {
  const run = promisify(execFile)(PROGRAM, args, {env: settings(more), maxBuffer: 1 << 24});
  run.child.stdin.end(input);
  const done = await run.then(
    out => ({code: 0, ...out}),
    error => error,
  );
  assert.equal(done.code, fails ?? 0, `${args.join(' ')}: ${done.stdout}${done.stderr}`);
  return fails ? done.stderr : done.stdout;
}

// Starts a program and waits until it says where it listens, or what else it says when it is ready.
function start(name, file, args, env, ready = /(?:listening|running) at (http:\/\/[^\s"]+)/) {
  const child = spawn(file, args, {env, stdio: ['ignore', 'pipe', 'pipe']});
  const log = createWriteStream(path.join(PLACE, `${name}.log`), {flags: 'a'});
  const service = {name, child, lines: [], url: undefined};
  running.push(service);
  return new Promise((resolve, reject) => {
    const read = text => {
      log.write(text);
      service.lines.push(...String(text).split('\n'));
      const found = ready.exec(text);
      service.url ??= found?.[1];
      if (found) resolve(service);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', code => reject(new Error(`${name} ended with ${code}: ${service.lines.join('\n')}`)));
  });
}

async function startRedis() {
  const options = ['--port', REDIS_PORT, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', PLACE];
  const service = await start('redis', 'redis-server', options, {PATH: process.env.PATH}, /Ready to accept connections/);
  return {...service, ask: askRedis};
}

// One command with short answers, as Redis takes it on a line.
const askRedis = (...words) =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(REDIS_PORT), '127.0.0.1', () => socket.end(`${words.join(' ')}\r\n`));
    let text = '';
    socket.on('data', more => (text += more)).on('end', () => resolve(text.trim())).on('error', reject);
  });

const startOurs = more => start('ours', PROGRAM, ['serve'], settings(more));

const startTheirs = more =>
  start('theirs', process.execPath, [path.join(__dirname, 'host.js')], {
    PATH: process.env.PATH,
    NODE_PATH: process.env.NODE_PATH,
    DATABASE_URL: database,
    REDIS_PORT,
    PORT: '0',
    JWT_ISSUER: ISSUER,
    JWT_SECRET: SECRET,
    JWT_PRIVATE_KEY: KEYS.private,
    JWT_PUBLIC_KEY: KEYS.public,
    USER_TEMP_PASSWORD: 'a-temporary-password',
    FORGOT_PASSWORD_LINK_EXPIRY: '600',
    ...more,
  });

async function stop(service) {
  if (service.child.exitCode === null && service.child.signalCode === null) {
    const ended = new Promise(done => service.child.once('exit', done));
    service.child.kill('SIGTERM');
    const late = setTimeout(() => service.child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(late);
  }
  running.splice(running.findIndex(other => other.child === service.child), 1);
}

async function stopAll() {
  for (const service of [...running]) await stop(service);
}

async function end() {
  await stopAll();
  await sql?.end();
}

// One request: status and body, and what is not `wanted` is an error that shows both.
async function ask(service, method, at, {token, body, wanted} = {}) {
  const headers = {'content-type': 'application/json'};
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(service.url + at, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  let read = text;
  try {
    read = JSON.parse(text);
  } catch {
    // Some answers are no JSON.
  }
  if (wanted !== undefined) assert.equal(answer.status, wanted, `${method} ${at}: ${answer.status} ${text}`);
  return {status: answer.status, body: read};
}

// The two requests of a login at the authentication service, and which answer ended it: some states are refused by the
// first, some by the second.
async function tryLogIn(theirs, client, username, password) {
  const body = {client_id: client.id, client_secret: client.secret, username, password};
  const coded = await ask(theirs, 'POST', '/auth/login', {body});
  if (coded.status !== 200) return coded;
  return ask(theirs, 'POST', '/auth/token', {body: {clientId: client.id, code: coded.body.code}});
}

async function logIn(theirs, client, username, password) {
  const {status, body} = await tryLogIn(theirs, client, username, password);
  assert.equal(status, 200, JSON.stringify(body));
  return {...body, claims: claims(body.accessToken), header: part(body.accessToken, 0)};
}

const part = (token, at) => JSON.parse(Buffer.from(token.split('.')[at], 'base64url'));
const claims = token => part(token, 1);

// Waits until the second is over in which a token was issued. Its times are whole seconds, so that a refresh within that
// second issues the same token again, which the refresh has just revoked.
async function secondAfter({accessToken}) {
  while (Math.floor(Date.now() / 1000) <= claims(accessToken).iat) await new Promise(done => setTimeout(done, 50));
}

// Asks until the answer is the wanted one: what another process must learn takes it a moment.
async function soon(wanted, act, milliseconds = 3000) {
  const start = Date.now();
  for (;;) {
    const {status, body} = await act();
    if (status === wanted) return {milliseconds: Date.now() - start, body};
    if (Date.now() - start > milliseconds) assert.equal(status, wanted, `after ${milliseconds} ms: ${JSON.stringify(body)}`);
    await new Promise(done => setTimeout(done, 50));
  }
}

// The first line of a service that the pattern finds, waiting for it.
async function line(service, pattern) {
  for (let left = 100; left > 0; left -= 1) {
    const found = service.lines.map(text => pattern.exec(text)).find(Boolean);
    if (found) return found;
    await new Promise(done => setTimeout(done, 50));
  }
  throw new Error(`${service.name} said nothing like ${pattern}: ${service.lines.slice(-20).join('\n')}`);
}

module.exports = {
  KEYS, REDIS_PORT, SECRET, ask, assert, claims, command, end, freshDatabase, hash, line, logIn, makeKeys, query,
  secondAfter, soon, startOurs, startRedis, startTheirs, step, stop, stopAll, tryLogIn,
};
