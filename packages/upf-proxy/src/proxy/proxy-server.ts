import type { ServerCertificate } from '@mpquic/crypto';
import {
  type EndpointOptions,
  type ListenOptions,
  QuicEndpoint,
  type QuicSession,
  type WorkerPlace,
} from '@mpquic/endpoint';
import { serveRequest } from '@mpquic/hq';
import { HTTP3_ALPN } from '@mpquic/masque';
import type { AccessName, EventSink, Logger } from '@mpquic/service';
import type { PskStore } from '@mpquic/tls';
import { type Address, formatAddress, sameAddress, toHex } from '@mpquic/wire';

export interface ProxyServerOptions {
  readonly access3gpp: Address;
  readonly accessNon3gpp: Address;
  readonly psks: PskStore;
  /** What it shows to clients without PSK; none are let in when absent. */
  readonly certificate?: ServerCertificate | undefined;
  readonly retry: boolean;
  /** 32 octets, the same in every life of this UPF. RFC 9000 §10.3.2 */
  readonly statelessResetKey: Uint8Array | undefined;
  readonly maxPathId: number;
  /** Milliseconds of silence until a connection is over; the UE may ask for less. */
  readonly idleMs: number;
  readonly events: EventSink;
  readonly logger: Logger;
  /** A handshake succeeded with this KID. */
  readonly onUsed: (kid: Uint8Array) => void;
  /** Takes connections for user traffic, with ALPN h3. */
  readonly onUserTraffic: (session: QuicSession, kid: Uint8Array) => void;
  readonly keyLog: ((line: string) => void) | undefined;
  readonly tap: EndpointOptions['tap'];
  /** Its place among the workers that listen on the same addresses. */
  readonly worker?: WorkerPlace | undefined;
  readonly observer: ListenOptions['observer'];
}

/** Application protocol of the transfers: HTTP/0.9 over QUIC streams, as QUIC implementers test with. */
const TRANSFER_ALPN = 'hq-interop';
/** Close code of a connection whose PSK is gone; ours, there is no registry for hq-interop. */
const PSK_DELETED = 0x10;

/**
 * The MPQUIC proxy of the UPF: one endpoint on an address per access, and a PSK or nothing; with a
 * certificate it is the proxy of TS 33.501 Annex AA.2, which serves transfers to whoever comes.
 */
export class ProxyServer {
  readonly #options: ProxyServerOptions;
  readonly #endpoint: QuicEndpoint;
  readonly #byKid = new Map<string, Set<QuicSession>>();
  #addresses: readonly Address[] = [];

  private constructor(options: ProxyServerOptions) {
    const { access3gpp, accessNon3gpp, retry, statelessResetKey, keyLog, tap, worker } = options;
    this.#options = options;
    this.#endpoint = new QuicEndpoint({
      addresses: [access3gpp, accessNon3gpp],
      validateAddress: retry,
      statelessResetKey,
      keyLog,
      tap,
      worker,
    });
  }

  /** @throws {QuicError} where an address cannot be listened on */
  static async listen(options: ProxyServerOptions): Promise<ProxyServer> {
    const server = new ProxyServer(options);
    await server.#endpoint.listen((session) => server.#accept(session), {
      alpn: [HTTP3_ALPN, TRANSFER_ALPN],
      psk: options.psks,
      requirePsk: options.certificate === undefined,
      certificate: options.certificate,
      keylog: options.keyLog !== undefined,
      transportParams: {
        initialMaxPathId: options.maxPathId,
        maxIdleTimeout: options.idleMs / 1_000,
      },
      observer: options.observer,
    });
    server.#addresses = [...server.#endpoint.addresses];
    return server;
  }

  /** Where it listens for each access. */
  get proxies(): { readonly access3gpp: Address; readonly accessNon3gpp: Address } {
    const [access3gpp, accessNon3gpp] = this.#addresses;
    return { access3gpp: access3gpp as Address, accessNon3gpp: accessNon3gpp as Address };
  }

  get sessionCount(): number {
    return this.#endpoint.sessions.size;
  }

  /** Another worker has the place `index` now. */
  replaceWorker(...given: Parameters<QuicEndpoint['replaceWorker']>): void {
    this.#endpoint.replaceWorker(...given);
  }

  /** Drops every connection that was made with this KID, whatever is still open on it. */
  dropConnections(kid: Uint8Array, reason: string, afterSeconds = 0): void {
    const sessions = [...(this.#byKid.get(toHex(kid)) ?? [])];
    const drop = (): void => {
      for (const session of sessions) {
        session.destroy(undefined, { code: PSK_DELETED, type: 'application', reason });
      }
    };
    if (afterSeconds === 0) drop();
    else setTimeout(drop, afterSeconds * 1_000).unref();
  }

  /** Tells every client that the UPF stops, and does not wait for what they still want. */
  async close(): Promise<void> {
    for (const session of this.#endpoint.sessions) {
      session.destroy(undefined, { type: 'application', reason: 'the UPF stops' });
    }
    await this.#endpoint.close();
  }

  #accept(session: QuicSession): void {
    session.onstream = (stream) => {
      void serveRequest(stream, undefined);
    };
    session.onhandshake = ({ protocol, psk }) => {
      if (protocol !== HTTP3_ALPN || psk === undefined) return;
      this.#options.onUserTraffic(session, psk.identity);
    };
    session.onpath = (event) => this.#reportPath(session, event.pathId, event.type);
    session.opened.then(
      (info) => this.#opened(session, info.psk?.identity),
      (error: Error) => {
        this.#options.logger.info({ reason: error.message }, 'a handshake failed');
      },
    );
    session.closed.catch(() => undefined);
  }

  #opened(session: QuicSession, kid: Uint8Array | undefined): void {
    if (kid === undefined) {
      // It belongs to no MA PDU session: nobody told the UPF who comes.
      if (this.#options.certificate === undefined) {
        session.destroy(new Error('a session without a PSK'));
      }
      return;
    }
    const key = toHex(kid);
    const sessions = this.#byKid.get(key) ?? new Set();
    this.#byKid.set(key, sessions.add(session));
    const forget = (): void => {
      sessions.delete(session);
      if (sessions.size === 0) this.#byKid.delete(key);
    };
    session.closed.then(forget, forget);
    this.#options.onUsed(kid);
    this.#options.logger.info({ kid: key }, 'a PSK handshake is complete');
  }

  #reportPath(session: QuicSession, pathId: number, type: string): void {
    const state = PATH_STATES[type];
    if (state === undefined) return;
    const path = session.paths.find(({ id }) => id === pathId);
    const access = path === undefined ? undefined : this.#access(path.local);
    this.#options.events.record({
      type: 'path',
      holder: 'upf',
      pathId,
      state,
      ...(access === undefined ? {} : { access }),
      ...(path === undefined
        ? {}
        : { local: formatAddress(path.local), remote: formatAddress(path.remote) }),
    });
  }

  #access(local: Address): AccessName | undefined {
    if (this.#addresses.length < 2) return undefined;
    return sameAddress(local, this.#addresses[1] as Address) ? 'non-3gpp' : '3gpp';
  }
}

const PATH_STATES: Readonly<Record<string, 'active' | 'abandoned' | 'suspect' | undefined>> = {
  path_validated: 'active',
  path_closed: 'abandoned',
};
