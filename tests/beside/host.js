// The authentication service in a host application of ours, as one would deploy it: on the database of DATABASE_URL and
// the Redis of REDIS_PORT. It reads PORT (0 picks one), SYMMETRIC (HS256 instead of RS256) and the service's own
// variables, prints links to a new password where a deployment would mail them, and `listening at <url>` once it answers.
'use strict';

const {RepositoryMixin, juggler} = require('@loopback/repository');
const {RestApplication} = require('@loopback/rest');
const {ServiceMixin} = require('@loopback/service-proxy');
const {AuthenticationServiceComponent, AuthServiceBindings} = require('@sourceloop/authentication-service');
const {Strategies} = require('loopback4-authentication');
const {LocalPasswordStrategyFactoryProvider} = require('loopback4-authentication/passport-local');
const {ResourceOwnerPasswordStrategyFactoryProvider} = require('loopback4-authentication/passport-resource-owner-password');

class Host extends ServiceMixin(RepositoryMixin(RestApplication)) {}

async function main() {
  const application = new Host({rest: {host: '127.0.0.1', port: Number(process.env.PORT ?? 0), gracePeriodForClose: 500}});
  const database = {name: 'AuthDB', connector: 'postgresql', url: process.env.DATABASE_URL, schema: 'main'};
  const cache = {name: 'AuthCache', connector: 'kv-redis', host: '127.0.0.1', port: Number(process.env.REDIS_PORT)};
  for (const source of [database, cache]) application.dataSource(new juggler.DataSource(source), source.name);
  application.bind(AuthServiceBindings.Config).to({
    useCustomSequence: false,
    useSymmetricEncryption: process.env.SYMMETRIC === 'true',
  });
  // Without these two, which its README does not name, `/auth/login` answers 500.
  const {LOCAL_STRATEGY_FACTORY, RESOURCE_OWNER_STRATEGY_FACTORY} = Strategies.Passport;
  application.bind(LOCAL_STRATEGY_FACTORY).toProvider(LocalPasswordStrategyFactoryProvider);
  application.bind(RESOURCE_OWNER_STRATEGY_FACTORY).toProvider(ResourceOwnerPasswordStrategyFactoryProvider);
  application.component(AuthenticationServiceComponent);
  application.bind(AuthServiceBindings.ForgotPasswordHandler).to(async link => console.log(`link ${JSON.stringify(link)}`));
  await application.start();
  console.log(`listening at ${application.restServer.url}`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
