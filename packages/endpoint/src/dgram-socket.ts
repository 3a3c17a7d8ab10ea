import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, Ecn, type Transmit } from '@mpquic/wire';
import { AddressBook } from './address-book.ts';
import type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  SocketCounters,
} from './datagram-socket.ts';

/** A socket on node:dgram. Rejects with the system's error where it cannot be bound. */
export async function openDgramSocket(
  options: DatagramSocketOptions,
  handler: DatagramSocketHandler,
): Promise<DatagramSocket> {
  const { local, remote, workers = 1, descriptor } = options;
  if (workers > 1 || descriptor !== undefined)
    throw new SystemError('ENOTSUP', 'node:dgram sockets cannot share an address');
  const socket = createSocket({
    type: local.host.includes(':') ? 'udp6' : 'udp4',
    ipv6Only: local.host.includes(':') && local.host !== '::',
    // Hosts are addresses here: answering at once keeps each send synchronous, so that buffers are free after it.
    lookup: (host, _options, callback) => callback(null, host, host.includes(':') ? 6 : 4),
  });
  try {
    await bind(socket, local);
    if (remote !== undefined) await connect(socket, remote);
  } catch (error) {
    socket.close();
    throw error;
  }
  setBufferSizes(socket, options);
  return new DgramSocket(socket, options, handler);
}

class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function bind(socket: Socket, local: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: local.host, port: local.port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function connect(socket: Socket, remote: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(remote.port, remote.host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** The system may allow less: what it gives is good enough. */
function setBufferSizes(socket: Socket, options: DatagramSocketOptions): void {
  try {
    socket.setRecvBufferSize(options.receiveBufferSize ?? DEFAULT_BUFFER_SIZE);
    socket.setSendBufferSize(options.sendBufferSize ?? DEFAULT_BUFFER_SIZE);
  } catch {
    // Some systems refuse sizes above their limit instead of cutting them.
  }
}

class DgramSocket implements DatagramSocket {
  readonly local: Address;
  readonly remote: Address | undefined;
  /** node:dgram offers neither the ECN field nor "don't fragment". */
  readonly marksEcn = false;
  readonly forbidsFragmentation = false;
  readonly counters: SocketCounters = {
    datagramsSent: 0,
    bytesSent: 0,
    datagramsReceived: 0,
    bytesReceived: 0,
    datagramsDropped: 0,
    sendErrors: 0,
  };

  readonly #socket: Socket;
  readonly #handler: DatagramSocketHandler;
  readonly #remotes = new AddressBook();
  readonly #queueLimit: number;
  /** One object for all datagrams: it is lent for each call only. */
  readonly #datagram: { local: Address; remote: Address; payload: Uint8Array; ecn: Ecn };
  #batchScheduled = false;
  #congested = false;
  #closed = false;

  constructor(socket: Socket, options: DatagramSocketOptions, handler: DatagramSocketHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.#queueLimit = options.queueLimit ?? DEFAULT_QUEUE_LIMIT;
    const { address, port } = socket.address();
    const { local } = options;
    this.local = local.port === port ? local : { host: address, port };
    this.remote = options.remote === undefined ? undefined : this.#remotes.adopt(options.remote);
    this.#datagram = {
      local: this.local,
      remote: this.local,
      payload: new Uint8Array(0),
      ecn: Ecn.notEct,
    };
    socket.on('message', this.#receive);
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  get congested(): boolean {
    return this.#congested;
  }

  adopt(remote: Address): Address {
    return this.#remotes.adopt(remote);
  }

  send(transmit: Transmit): boolean {
    if (this.#closed) return true;
    if (this.#congested && this.#socket.getSendQueueCount() >= this.#queueLimit) {
      this.counters.datagramsDropped += transmit.datagrams;
      return true;
    }
    this.#sendRun(transmit);
    this.counters.datagramsSent += transmit.datagrams;
    this.counters.bytesSent += transmit.length;
    if (this.#socket.getSendQueueCount() === 0) return true;
    this.#congested = true;
    return false;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (let wait = 0; wait < CLOSE_WAITS && this.#socket.getSendQueueCount() > 0; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  /** Only the last datagram of a run carries a callback: it costs, and one report per run is enough. */
  #sendRun(transmit: Transmit): void {
    const { buffer, segmentSize } = transmit;
    const remote = this.remote === undefined ? transmit.remote : undefined;
    const end = transmit.start + transmit.length;
    let { start } = transmit;
    // An empty datagram is one too.
    do {
      const last = start + segmentSize >= end;
      const payload = buffer.subarray(start, last ? end : start + segmentSize);
      const done = last ? this.#sent : undefined;
      if (remote === undefined) this.#socket.send(payload, done);
      else this.#socket.send(payload, remote.port, remote.host, done);
      start += segmentSize;
    } while (start < end);
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null && !this.#closed) this.#fail(error);
    if (this.#congested && !this.#closed && this.#socket.getSendQueueCount() === 0) {
      this.#congested = false;
      this.#handler.socketWritable(this);
    }
  };

  readonly #receive = (payload: Buffer, from: RemoteInfo): void => {
    if (this.#closed) return;
    this.counters.datagramsReceived += 1;
    this.counters.bytesReceived += payload.length;
    const datagram = this.#datagram;
    datagram.remote = this.#remotes.intern(from.address, from.port);
    datagram.payload = payload;
    if (!this.#batchScheduled) {
      this.#batchScheduled = true;
      setImmediate(this.#endBatch);
      // Node.js runs promises and ticks between the two.
      setImmediate(this.#settleBatch);
    }
    this.#handler.datagramReceived(datagram);
  };

  readonly #endBatch = (): void => {
    this.#batchScheduled = false;
    if (!this.#closed) this.#handler.batchReceived();
  };

  readonly #settleBatch = (): void => this.#handler.batchSettled?.();

  #fail(error: NodeJS.ErrnoException): void {
    const code = error.code ?? 'UNKNOWN';
    this.counters.sendErrors += 1;
    this.#handler.sendFailed(this, code);
  }
}

const DEFAULT_BUFFER_SIZE = 4 << 20;
const DEFAULT_QUEUE_LIMIT = 256;
/** Times 5 ms: how long a close waits for queued datagrams, which closing the socket would cancel. */
const CLOSE_WAITS = 20;
