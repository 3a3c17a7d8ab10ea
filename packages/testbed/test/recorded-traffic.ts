import { encodeUdpPacket, LinkType, PcapngWriter } from '@mpquic/capture';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type ClientConfig,
  type ConnectionMachine,
  createConnectionSet,
  type ResumableConnection,
  type ServerConfig,
} from '@mpquic/quic';
import type { ExternalPsk } from '@mpquic/tls';
import {
  type Address,
  createTransmit,
  type Datagram,
  type Machine,
  sameAddress,
  utf8,
} from '@mpquic/wire';

const SERVER: Address = { host: '192.0.2.1', port: 443 };
const CLIENT: Address = { host: '198.51.100.1', port: 1111 };
const SECOND_CLIENT: Address = { host: '2001:db8::2', port: 2222 };
/** Also what a server prefers. */
export const SECOND_SERVER: Address = { host: '2001:db8::1', port: 443 };
const DELAY = 5000;

/** A download between our two ends over two paths, as a capture and as its octets. */
export interface RecordedTraffic {
  readonly file: Uint8Array;
  readonly keyLog: string;
  /** What a ticket of the server resumes. */
  readonly session: ResumableConnection | undefined;
}

export interface TrafficOptions {
  readonly client?: Partial<ClientConfig>;
  readonly server?: Partial<ServerConfig>;
  /** Whether the download is asked for before the handshake. */
  readonly early?: boolean;
  /** Whether the one path moves to the other addresses, in place of a second path. */
  readonly moves?: boolean;
  readonly hash?: ExternalPsk['hash'];
  /** Whether the key log goes into the file. */
  readonly embeds?: boolean;
  /** Changes of keys, by the client. */
  readonly keyUpdates?: number;
}

/** Runs a handshake, opens a second path and downloads 200 kB, recording what passes in between. */
export function recordTraffic(options: TrafficOptions = {}): RecordedTraffic {
  return new Recording(options).run();
}

class Recording {
  readonly #options: TrafficOptions;
  readonly #writer = new PcapngWriter('test');
  readonly #link = this.#writer.addInterface({ name: 'link', linkType: LinkType.raw });
  readonly #servers = createConnectionSet();
  readonly #psk: ExternalPsk;
  readonly #client: ConnectionMachine;
  readonly #clients = createConnectionSet();
  #server: ConnectionMachine | undefined;
  readonly #inFlight: { readonly at: number; readonly datagram: Datagram }[] = [];
  #now = 1_000_000;
  #keyLog = '';
  #finished = false;
  #session: ResumableConnection | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    const psk: ExternalPsk = {
      identity: utf8('kid'),
      key: utf8('a key of thirty-two octets or so'),
      hash: options.hash ?? 'sha256',
      mode: 'raw',
    };
    const common = { crypto: nodeCryptoProvider, alpn: ['test'], keyLog: true };
    this.#servers.listen({ ...common, requirePsk: true, ...options.server });
    const addresses = { local: CLIENT, remote: SERVER };
    this.#client = this.#clients.connect(
      { ...common, ...addresses, psks: [psk], ...options.client },
      this.#now,
    );
    this.#psk = psk;
  }

  run(): RecordedTraffic {
    const { early = false, moves = false } = this.#options;
    if (early) this.#request();
    this.#until(
      () => this.#client.handshake !== undefined && this.#server?.handshake !== undefined,
    );
    if (this.#options.embeds) this.#writer.addKeyLog(this.#keyLog);
    if (moves) this.#move();
    else this.#openPath();
    for (let i = 0; i < (this.#options.keyUpdates ?? 0); i++) {
      this.#client.updateKeys(this.#now);
      this.#client.ping(this.#now);
      const start = this.#now;
      this.#until(() => this.#now > start + 1_000_000);
    }
    if (!early) this.#request();
    this.#until(() => this.#finished);
    this.#client.close(this.#now);
    const end = this.#now;
    this.#until(() => this.#now > end + 50_000);
    return { file: this.#writer.take(), keyLog: this.#keyLog, session: this.#session };
  }

  #request(): void {
    const streamId = this.#client.openStream('bidi') ?? -1;
    this.#client.writeStream(streamId, utf8('get'), true);
  }

  #openPath(): void {
    let pathId: number | undefined;
    this.#until(() => {
      try {
        pathId ??= this.#client.openPath(SECOND_CLIENT, SECOND_SERVER, this.#now);
      } catch {
        // The handshake is not confirmed yet.
      }
      return pathId !== undefined && this.#client.paths()[1]?.state === 'active';
    });
  }

  #move(): void {
    let asked = false;
    this.#until(() => {
      try {
        asked ||= this.#client.migratePath(0, SECOND_CLIENT, SECOND_SERVER, this.#now);
      } catch {
        // The handshake is not confirmed yet.
      }
      return asked && this.#client.paths()[0]?.remote === SECOND_SERVER;
    });
  }

  #until(done: () => boolean): void {
    for (let step = 0; step < 20_000; step++) {
      this.#drive();
      if (done()) return;
      const next = Math.min(
        ...this.#inFlight.map(({ at }) => at),
        this.#client.nextTimeout() ?? Number.POSITIVE_INFINITY,
        this.#server?.nextTimeout() ?? Number.POSITIVE_INFINITY,
        this.#now + 10_000,
      );
      this.#now = Math.max(this.#now, next);
      this.#deliver();
    }
    throw new Error('the traffic did not come to its end');
  }

  #drive(): void {
    for (const machine of [this.#client, this.#server]) {
      const timeout = machine?.nextTimeout();
      if (timeout !== undefined && timeout <= this.#now) machine?.handleTimeout(this.#now);
    }
    this.#drainEvents(this.#client);
    if (this.#server) this.#drainEvents(this.#server);
    this.#send(this.#client, CLIENT);
    this.#send(this.#servers, SERVER);
    if (this.#server) this.#send(this.#server, SERVER);
  }

  #send(from: Pick<Machine<unknown>, 'nextTransmit'>, fallback: Address): void {
    const transmit = createTransmit(20_000);
    while (from.nextTransmit(this.#now, transmit, 8)) {
      const { buffer, length, segmentSize, remote } = transmit;
      const local = transmit.local ?? fallback;
      if (!remote) throw new Error('no destination');
      for (let at = 0; at < length; at += segmentSize) {
        const payload = buffer.slice(at, Math.min(at + segmentSize, length));
        const packet = { source: local, destination: remote, ecn: 0, payload };
        this.#writer.addPacket(this.#link, this.#now, encodeUdpPacket(packet));
        const datagram = { local: remote, remote: local, payload };
        this.#inFlight.push({ at: this.#now + DELAY, datagram });
      }
    }
  }

  #deliver(): void {
    for (const { datagram } of takeDue(this.#inFlight, this.#now)) {
      const toServer = [SERVER, SECOND_SERVER].some((own) => sameAddress(own, datagram.local));
      if (!toServer) {
        this.#clients.receiveDatagram(datagram, this.#now);
        continue;
      }
      this.#servers.receiveDatagram(datagram, this.#now);
      this.#server ??= this.#servers.nextAccepted();
    }
  }

  #drainEvents(machine: ConnectionMachine): void {
    for (let event = machine.nextEvent(); event; event = machine.nextEvent()) {
      if (event.type === 'psk_lookup') machine.answerPskLookup([this.#psk], this.#now);
      // Both sides log the same secrets.
      if (event.type === 'key_log' && machine === this.#client) this.#keyLog += `${event.line}\n`;
      if (event.type === 'session_ticket') {
        const { ticket, version, parameters } = event;
        this.#session = { ticket, version, parameters, age: 0 };
      }
      if (event.type !== 'stream_readable') continue;
      for (let chunk = machine.readStream(event.streamId); chunk; ) {
        if (chunk.fin && machine === this.#client) this.#finished = true;
        if (chunk.fin && machine !== this.#client) {
          machine.writeStream(event.streamId, new Uint8Array(200_000), true);
        }
        chunk = machine.readStream(event.streamId);
      }
    }
  }
}

function takeDue<T extends { readonly at: number }>(queue: T[], now: number): readonly T[] {
  const due = queue.filter(({ at }) => at <= now);
  queue.splice(0, queue.length, ...queue.filter(({ at }) => at > now));
  return due;
}
