// The original in a host application of ours, on the database of DATABASE_URL: for the tests of adoption, and to
// measure beside us. It reads PORT (0 picks one), POOL (the most connections to the database) and its own variables,
// and prints `listening at <url>` once it answers.
'use strict';

const {BootMixin} = require('@loopback/boot');
const {RepositoryMixin, juggler} = require('@loopback/repository');
const {RestApplication} = require('@loopback/rest');
const {UserTenantServiceComponent} = require('@sourceloop/user-tenant-service');

class Host extends BootMixin(RepositoryMixin(RestApplication)) {}

async function main() {
  const application = new Host({rest: {host: '127.0.0.1', port: Number(process.env.PORT ?? 0)}});
  application.projectRoot = __dirname;
  const database = {
    name: 'AuthDB',
    connector: 'postgresql',
    url: process.env.DATABASE_URL,
    schema: 'main',
    max: Number(process.env.POOL ?? 10),
  };
  application.dataSource(new juggler.DataSource(database), 'AuthDB');
  application.component(UserTenantServiceComponent);
  await application.boot();
  await application.start();
  console.log(`listening at ${application.restServer.url}`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
