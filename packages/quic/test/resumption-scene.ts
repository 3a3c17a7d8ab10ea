import { readFileSync } from 'node:fs';
import {
  type CertificateVerifier,
  createX509Verifier,
  loadServerCertificate,
  nodeCryptoProvider,
  type ServerCertificate,
} from '@mpquic/crypto';
import { SealingKeys, type TicketPolicy, UsedTickets } from '@mpquic/tls';
import type { ClientConfig, ResumableConnection, ServerConfig } from '../src/connection-config.ts';
import { Pair, type PairOptions } from './connection-pair.ts';

interface Pem {
  readonly certificate: string;
  readonly key: string;
}

const file = new URL('../../test/vectors/certificates.json', import.meta.url);
const pem = JSON.parse(readFileSync(file, 'utf8')) as Record<
  'root' | 'intermediate' | 'leaf-p256',
  Pem
>;

/** For `upf.example`, ECDSA with P-256. */
const certificate: ServerCertificate = loadServerCertificate(
  pem['leaf-p256'].certificate + pem.intermediate.certificate,
  pem['leaf-p256'].key,
);

const trust: CertificateVerifier = createX509Verifier({
  rootsPem: pem.root.certificate,
  currentTime: () => Date.UTC(2030, 0, 1),
});

/** A server with a certificate and tickets, whose clients come again. */
export class ResumptionScene {
  /** Milliseconds since 1970, of the server's tickets. */
  now: number = Date.UTC(2030, 0, 1);
  readonly keys: SealingKeys = new SealingKeys({
    crypto: nodeCryptoProvider,
    currentTime: () => this.now,
  });
  readonly used: UsedTickets = new UsedTickets({ currentTime: () => this.now });

  /** The server accepts 0-RTT, unless `changes` say otherwise. */
  server(changes: Partial<ServerConfig> = {}): Partial<ServerConfig> {
    const tickets = { keys: this.keys };
    const earlyData = { firstUse: (ticket: Uint8Array) => this.used.firstUse(ticket) };
    return { requirePsk: false, certificate, tickets, earlyData, ...changes };
  }

  /** The tickets of a TLS machine that accepts this session's 0-RTT, as the server above would. */
  tlsTickets(session: ResumableConnection): { readonly tickets: TicketPolicy } {
    const settings = session.parameters ?? new Uint8Array();
    const earlyData = { settings, firstUse: () => true };
    return { tickets: { keys: this.keys, scope: () => session.version ?? 'v1', earlyData } };
  }

  client(changes: Partial<ClientConfig> = {}): Partial<ClientConfig> {
    return { psks: [], trust, serverName: 'upf.example', ...changes };
  }

  pair(options: PairOptions = {}): Pair {
    return new Pair({
      ...options,
      client: this.client(options.client),
      server: this.server(options.server),
    });
  }

  /** What a first connection leaves for a second one. */
  session(options: PairOptions = {}): ResumableConnection {
    const pair = this.pair(options).establish();
    pair.until(() => pair.client.has('session_ticket'));
    const [event] = pair.client.all('session_ticket');
    if (event === undefined) throw new Error('no ticket came');
    const { ticket, version, parameters } = event;
    return { ticket, version, parameters, age: 0 };
  }

  /** A second connection, whose client sends `data` on a stream at once. */
  again(session: ResumableConnection, data: Uint8Array, options: PairOptions = {}): Resumed {
    const client = { session, earlyData: true, ...options.client };
    const pair = this.pair({ ...options, client });
    const streamId = pair.client.connection.openStream('bidi');
    if (streamId !== undefined) pair.client.connection.writeStream(streamId, data, true);
    return { pair, streamId };
  }
}

export interface Resumed {
  readonly pair: Pair;
  /** Undefined where nothing may be sent before the handshake. */
  readonly streamId: number | undefined;
}
