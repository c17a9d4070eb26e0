// Gives every request of a Node.js program our bearer token, for suites that cannot be told one: loaded by
// `node --import`. Node's own fetch and copies of undici within a bundle both announce their requests on this channel.
import { subscribe } from 'node:diagnostics_channel'

subscribe('undici:request:create', ({ request }) => {
  request.addHeader('authorization', `Bearer ${process.env.MCP_TOKEN}`)
})
