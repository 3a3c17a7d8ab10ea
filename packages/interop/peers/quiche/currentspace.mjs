// quiche 0.29 by @currentspace/http3: raw QUIC and HTTP/3, as QUICHE_RUNTIME says: `portable` (native) or `wasm`.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  importInstalled,
  isPattern,
  patternAt,
  perfRequest,
  readOptions,
  tell,
} from '../program.mjs';

const http3 = await importInstalled('currentspace/node_modules/@currentspace/http3/dist/index.js');
const HOST = '127.0.0.1';
const options = readOptions(process.argv.slice(2));
const isHttp = options.alpn === 'h3';
const limits = {
  runtimeMode: process.env.QUICHE_RUNTIME,
  fallbackPolicy: 'error',
  enableDatagrams: true,
  maxUdpPayloadSize: 1452,
  initialMaxData: 16e6,
  initialMaxStreamDataBidiLocal: 8e6,
};
const failed = (error) => tell('error', { reason: error.message });

async function serve() {
  const identity = {
    key: readFileSync(options.key, 'utf8'),
    cert: readFileSync(options.cert, 'utf8'),
    disableRetry: !options.retry,
    disableActiveMigration: false,
  };
  if (isHttp) {
    const server = http3.createSecureServer({ ...identity, ...limits }, (stream, headers) => {
      stream.respond({ ':status': '200' });
      stream.end(Buffer.alloc(Number(headers[':path'].slice(1)), 'a'));
    });
    server.on('error', failed);
    server.on('listening', () => tell('listening'));
    server.listen(options.port, HOST);
    return;
  }
  const server = http3.createQuicServer({ ...identity, ...limits, alpn: [options.alpn] });
  server.on('error', failed);
  server.on('session', (session) => {
    tell('handshake');
    session.on('error', failed);
    session.on('datagram', (data) => session.sendDatagram(data));
    session.on('stream', (stream) => {
      stream.on('error', failed);
      if (options.alpn === 'perf') answer(stream).catch(failed);
      else stream.pipe(stream);
    });
  });
  await server.listen(options.port, HOST);
  tell('listening');
}

async function answer(stream) {
  const parts = [];
  stream.on('data', (data) => parts.push(data));
  await once(stream, 'end');
  const length = Number(Buffer.concat(parts).readBigUInt64BE(0));
  for (let offset = 0; offset < length; ) {
    const part = patternAt(offset, length);
    offset += part.length;
    if (!stream.write(part)) await once(stream, 'drain');
  }
  stream.end();
}

/** One connection; resolves with what came and the ticket of the next. */
async function request(sessionTicket) {
  const ca = readFileSync(options.ca, 'utf8');
  const early = options.early === true && sessionTicket !== undefined;
  const ticket = sessionTicket === undefined ? {} : { sessionTicket, allow0RTT: early };
  const common = { ca, servername: 'localhost', ...limits, ...ticket };
  const authority = `localhost:${options.port}`;
  const session = isHttp
    ? http3.connect(`https://${HOST}:${options.port}`, common)
    : http3.connectQuic(`${HOST}:${options.port}`, { ...common, alpn: [options.alpn] });
  const tickets = [];
  session.on('error', failed);
  session.on('sessionTicket', (data) => tickets.push(data));
  let datagrams = 0;
  session.on('datagram', ({ length }) => {
    datagrams += length >= 500 ? 1 : 0;
  });
  // A request is sent at once, as 0-RTT data; all else waits for the handshake.
  if (!(early && isHttp)) await session.ready();
  tell('handshake');
  const bytes = isHttp ? await get(session, authority) : await ask(session);
  while (datagrams < options.datagrams || tickets.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await session.close();
  return { bytes, datagrams, ticket: tickets[0] };
}

async function ask(session) {
  for (let i = 0; i < options.datagrams; i++) session.sendDatagram(Buffer.alloc(500, i));
  const stream = session.openStream();
  stream.end(perfRequest(options.bytes));
  let bytes = 0;
  stream.on('data', (data) => {
    if (options.alpn === 'perf' && !isPattern(data, bytes)) failed(new Error('wrong octets'));
    bytes += data.length;
  });
  await once(stream, 'end');
  return bytes;
}

async function get(session, authority) {
  if (options.datagrams > 0) await tunnel(session, authority);
  const head = { ':method': 'GET', ':scheme': 'https', ':authority': authority };
  const stream = await requestSoon(session, { ...head, ':path': `/${options.bytes}` });
  let bytes = 0;
  stream.on('data', (data) => {
    bytes += data.length;
  });
  await once(stream, 'end');
  return bytes;
}

/** Before the handshake, a request is taken as soon as there is a socket, of which nothing is told. */
async function requestSoon(session, head) {
  for (;;) {
    try {
      return session.request(head, { endStream: true });
    } catch (error) {
      if (error.code !== 'ERR_HTTP3_INVALID_STATE') throw error;
      await new Promise(setImmediate);
    }
  }
}

/** HTTP datagrams on the first request stream, whose quarter stream ID is 0. RFC 9297 §2.1 */
async function tunnel(session, authority) {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'datagram-echo',
    ':scheme': 'https',
    ':authority': authority,
    ':path': '/',
  });
  await once(stream, 'response');
  const head = Buffer.of(0);
  for (let i = 0; i < options.datagrams; i++) {
    session.sendDatagram(Buffer.concat([head, Buffer.alloc(500, i)]));
  }
}

if (options.role === 'server') {
  await serve();
} else {
  let last;
  for (let i = 0; i < options.connections; i++) last = await request(last?.ticket);
  // `qpsk-echo` sends the request of eight octets back.
  const expected = options.alpn === 'qpsk-echo' ? 8 : options.bytes;
  tell('done', {
    ok: last.bytes === expected,
    bytes: options.bytes,
    datagrams: last.datagrams,
  });
  process.exit(0);
}
