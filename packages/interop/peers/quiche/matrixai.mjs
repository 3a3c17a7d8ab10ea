// quiche 0.18 by the native module of @matrixai/quic, which has no sockets of its own.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import {
  importInstalled,
  isPattern,
  patternAt,
  perfRequest,
  readOptions,
  tell,
} from '../program.mjs';

const { quiche } = await importInstalled(
  'matrixai/node_modules/@matrixai/quic/dist/native/index.js',
);
const HOST = '127.0.0.1';
const MAX_DATAGRAM = 1452;
const options = readOptions(process.argv.slice(2));
const bytesOf = (file) => new Uint8Array(readFileSync(file));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const newId = () => new Uint8Array(randomBytes(16));

function config() {
  const isServer = options.role === 'server';
  const made = isServer
    ? quiche.Config.withBoringSslCtx(
        false,
        true,
        null,
        [bytesOf(options.key)],
        [bytesOf(options.cert)],
      )
    : quiche.Config.withBoringSslCtx(true, false, bytesOf(options.ca));
  made.setApplicationProtos([options.alpn]);
  made.setMaxIdleTimeout(30_000);
  made.setMaxRecvUdpPayloadSize(65_527);
  made.setMaxSendUdpPayloadSize(MAX_DATAGRAM);
  made.setInitialMaxData(16e6);
  made.setInitialMaxStreamDataBidiLocal(8e6);
  made.setInitialMaxStreamDataBidiRemote(8e6);
  made.setInitialMaxStreamsBidi(100);
  made.setInitialMaxStreamsUni(100);
  made.setActiveConnectionIdLimit(4);
  made.setDisableActiveMigration(false);
  made.enableDgram(true, 1000, 1000);
  if (options.early) made.enableEarlyData();
  if (isServer) made.setTicketKey(new Uint8Array(48).fill(7));
  return made;
}

/** A connection and the socket it goes over: whatever comes or times out ends in a turn. */
class Link {
  constructor(connection, turn) {
    this.connection = connection;
    this.turn = turn;
    this.sockets = new Map();
    this.buffer = new Uint8Array(65_535);
    this.toldHandshake = false;
  }

  /** A local port over which it sends and receives. */
  use(socket) {
    this.sockets.set(socket.address().port, socket);
  }

  receive(payload, from, localPort) {
    const info = {
      from: { host: from.address, port: from.port },
      to: { host: HOST, port: localPort },
    };
    try {
      this.connection.recv(new Uint8Array(payload), info);
    } catch (error) {
      tell('error', { reason: error.message });
    }
    this.#schedule();
  }

  #schedule() {
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      this.run();
    });
  }

  run() {
    if (!this.toldHandshake && this.connection.isEstablished()) {
      this.toldHandshake = true;
      tell('handshake', { resumed: this.connection.isResumed() });
    }
    if (this.connection.isEstablished() || this.connection.isInEarlyData()) {
      this.#giveIds();
      this.turn(this);
    }
    this.flush();
  }

  /** Without more of our connection IDs, the peer cannot migrate. */
  #giveIds() {
    while (this.connection.sourceCidsLeft() > 0) {
      const id = newId();
      this.connection.newSourceCid(id, BigInt(`0x${hex(randomBytes(16))}`), false);
      this.onId?.(id);
    }
  }

  flush() {
    for (;;) {
      const sent = this.#next();
      if (!sent) break;
      const [length, { from, to }] = sent;
      const socket = this.sockets.get(from.port);
      socket?.send(Buffer.from(this.buffer.subarray(0, length)), to.port, to.host);
    }
    clearTimeout(this.timer);
    const left = this.connection.timeout();
    if (left === null) return;
    this.timer = setTimeout(
      () => {
        this.connection.onTimeout();
        this.run();
      },
      Math.max(1, left),
    );
  }

  #next() {
    try {
      return this.connection.send(this.buffer);
    } catch {
      return null;
    }
  }

  /** All that a stream has, as [data, fin]. */
  *read(id) {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      let read;
      try {
        read = this.connection.streamRecv(id, buffer);
      } catch {
        return;
      }
      if (!read) return;
      yield [Buffer.from(buffer.subarray(0, read[0])), read[1]];
      if (read[1]) return;
    }
  }

  *datagrams() {
    while (this.connection.dgramRecvQueueLen() > 0) yield this.connection.dgramRecvVec();
  }

  write(id, data, fin) {
    try {
      return this.connection.streamSend(id, new Uint8Array(data), fin) ?? 0;
    } catch {
      return 0;
    }
  }
}

function serve() {
  const links = new Map();
  const socket = createSocket('udp4');
  const configuration = config();
  socket.bind(options.port, HOST, () => tell('listening'));
  const take = (payload, from) => {
    const header = readHeader(payload);
    if (header === undefined) return;
    if (header.version !== 0 && !quiche.versionIsSupported(header.version)) {
      negotiateVersion(header, from);
      return;
    }
    const known = links.get(hex(header.dcid)) ?? accept(header, from);
    known?.receive(payload, from, options.port);
  };
  socket.on('message', take);

  const negotiateVersion = (header, from) => {
    const packet = new Uint8Array(MAX_DATAGRAM);
    const length = quiche.negotiateVersion(header.scid, header.dcid, packet);
    socket.send(Buffer.from(packet.subarray(0, length)), from.port, from.address);
  };
  const sendRetry = (header, from) => {
    const id = newId();
    const token = header.dcid;
    const packet = new Uint8Array(MAX_DATAGRAM);
    const length = quiche.retry(header.scid, header.dcid, id, token, header.version, packet);
    socket.send(Buffer.from(packet.subarray(0, length)), from.port, from.address);
  };
  const accept = (header, from) => {
    if (header.ty !== quiche.Type.Initial) return undefined;
    const isRetried = (header.token?.length ?? 0) > 0;
    if (options.retry && !isRetried) {
      sendRetry(header, from);
      return undefined;
    }
    // The token is the first Destination Connection ID; ours is the one that the Retry gave.
    const original = isRetried ? header.token : null;
    const id = isRetried ? header.dcid : newId();
    const addresses = [
      { host: HOST, port: options.port },
      { host: from.address, port: from.port },
    ];
    const connection = quiche.Connection.accept(id, original, ...addresses, configuration);
    const link = new Link(connection, serverTurn());
    link.use(socket);
    link.onId = (another) => links.set(hex(another), link);
    links.set(hex(id), link);
    links.set(hex(header.dcid), link);
    return link;
  };
}

function readHeader(payload) {
  try {
    return quiche.Header.fromSlice(new Uint8Array(payload), 16);
  } catch {
    return undefined;
  }
}

/** Serves `perf` or echoes, on every stream of one connection. */
function serverTurn() {
  const streams = new Map();
  const take = (link, id) => {
    const stream = streams.get(id) ?? { request: Buffer.alloc(0), length: undefined, sent: 0 };
    streams.set(id, stream);
    for (const [data, fin] of link.read(id)) {
      stream.request = Buffer.concat([stream.request, data]);
      if (fin) stream.length = Number(stream.request.readBigUInt64BE(0));
    }
  };
  const answer = (link, id, stream) => {
    while (stream.length !== undefined && stream.sent < stream.length) {
      const part = patternAt(stream.sent, stream.length);
      const taken = link.write(id, part, stream.sent + part.length === stream.length);
      if (taken === 0) return;
      stream.sent += taken;
    }
    if (stream.sent === stream.length) streams.delete(id);
  };
  return (link) => {
    for (const datagram of link.datagrams()) link.connection.dgramSendVec(datagram);
    for (const id of link.connection.readable()) take(link, id);
    for (const [id, stream] of streams) answer(link, id, stream);
  };
}

/** One connection; resolves with what came of it. */
function request(configuration, session) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, HOST, () => {
      const here = { host: HOST, port: socket.address().port };
      const there = { host: HOST, port: options.port };
      const connection = quiche.Connection.connect(
        'localhost',
        newId(),
        here,
        there,
        configuration,
      );
      if (session) connection.setSession(session);
      const link = new Link(connection, clientTurn(there, resolve));
      listenOn(link, socket);
      link.run();
      // The ClientHello is on its way: what is written now is 0-RTT data.
      if (options.early) link.run();
    });
  });
}

function listenOn(link, socket) {
  link.use(socket);
  const { port } = socket.address();
  socket.on('message', (payload, from) => link.receive(payload, from, port));
}

/** Requests, counts, and ends when all is there. */
function clientTurn(there, resolve) {
  const got = { bytes: 0, datagrams: 0, right: true };
  let asked = false;
  let moved = false;
  let over = false;
  const isDone = (link) =>
    over && got.datagrams >= options.datagrams && link.connection.session() !== null;
  const ask = (link) => {
    asked = true;
    link.write(0, perfRequest(options.bytes), true);
    for (let i = 0; i < options.datagrams; i++) {
      link.connection.dgramSendVec(new Uint8Array(500).fill(i));
    }
  };
  const take = (link, id) => {
    for (const [data, fin] of link.read(id)) {
      got.right &&= options.alpn !== 'perf' || isPattern(data, got.bytes);
      got.bytes += data.length;
      over ||= fin;
    }
  };
  return (link) => {
    if (!asked) ask(link);
    for (const { length } of link.datagrams()) got.datagrams += length === 500 ? 1 : 0;
    for (const id of link.connection.readable()) take(link, id);
    if (options.migrate && !moved && got.bytes > 1e6) {
      moved = true;
      migrate(link, there);
    }
    if (!isDone(link)) return;
    const session = link.connection.session();
    link.connection.close(true, 0, new Uint8Array());
    link.flush();
    clearTimeout(link.timer);
    for (const socket of link.sockets.values()) socket.close();
    link.turn = () => undefined;
    resolve({ ...got, session });
  };
}

function migrate(link, there) {
  const socket = createSocket('udp4');
  socket.bind(0, HOST, () => {
    listenOn(link, socket);
    link.connection.migrate({ host: HOST, port: socket.address().port }, there);
    link.run();
  });
}

if (options.role === 'server') {
  serve();
} else {
  const configuration = config();
  let last;
  for (let i = 0; i < options.connections; i++) last = await request(configuration, last?.session);
  // `qpsk-echo` sends the request of eight octets back.
  const expected = options.alpn === 'perf' ? options.bytes : 8;
  const ok = last.right && last.bytes === expected;
  tell('done', { ok, bytes: options.bytes, datagrams: last.datagrams });
  process.exit(0);
}
