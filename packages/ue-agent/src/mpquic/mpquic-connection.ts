import type { CertificateVerifier } from '@mpquic/crypto';
import {
  type ConnectOptions,
  type EndpointOptions,
  type PathEvent,
  QuicEndpoint,
  QuicError,
  type QuicSession,
} from '@mpquic/endpoint';
import { findSolution, importedPskContext } from '@mpquic/keys';
import type { Access } from '@mpquic/nas';
import type { EventSink } from '@mpquic/service';
import type { ExternalPsk } from '@mpquic/tls';
import { type Address, equalBytes, sameAddress } from '@mpquic/wire';
import { type AccessAddresses, overAccess } from '../access-addresses.ts';
import { UeFailure } from '../failure.ts';
import type { MaPduSession, UePsk } from '../session/ma-pdu-session.ts';
import { type PathRow, rowOf } from './path-row.ts';

/** How a UE connects to the MPQUIC proxy of its UPF. */
export interface MpquicOptions extends AccessAddresses {
  readonly alpn: string;
  readonly ciphers?: string | undefined;
  readonly groups?: string | undefined;
  readonly handshakeTimeoutMs: number;
  /** Milliseconds of silence until a connection is over. */
  readonly idleMs: number;
  /** Whose certificates are believed where the network uses no PSK (TS 33.501 Annex AA.2); nobody's when absent. */
  readonly trust?: CertificateVerifier | undefined;
  readonly events: EventSink;
  readonly tap?: EndpointOptions['tap'];
  readonly keyLog?: ((line: string) => void) | undefined;
  readonly observer?: ConnectOptions['observer'];
  /** Called before the handshake: another protocol machine may take the session over. */
  readonly onConnect?: (quic: QuicSession) => void;
  /** Ends every connection at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A multipath QUIC connection to the UPF, authenticated by the PSK of an MA PDU session and by nothing
 * else: the PSK authenticates both sides on the first access, and the second access inherits it. A session
 * for which the network uses no PSK may take a certificate, which authenticates the UPF only.
 */
export class MpquicConnection {
  readonly #options: MpquicOptions;
  readonly #session: MaPduSession;
  readonly #endpoint: QuicEndpoint;
  readonly #quic: QuicSession;
  /** Local addresses by access. */
  readonly #locals = new Map<Access, Address>();
  readonly #rows = new Map<number, PathRow>();

  private constructor(
    options: MpquicOptions,
    session: MaPduSession,
    endpoint: QuicEndpoint,
    quic: QuicSession,
  ) {
    this.#options = options;
    this.#session = session;
    this.#endpoint = endpoint;
    this.#quic = quic;
    quic.onpath = (event) => this.#takePath(event);
    quic.closed.catch(() => undefined);
  }

  /**
   * Runs the handshake over the first access.
   * @param psk undefined to take a certificate
   * @throws {UeFailure} `no_psk` where the network uses a PSK and none is given, or it was not taken
   * @throws {UeFailure} `mpquic` where the UPF refuses or does not answer
   */
  static async open(
    options: MpquicOptions,
    session: MaPduSession,
    psk: UePsk | undefined,
    access: Access,
  ): Promise<MpquicConnection> {
    const { tap, keyLog, signal } = options;
    if (psk === undefined) checkNoPsk(options, session);
    if (signal?.aborted) throw new UeFailure('mpquic', 'the UE stops');
    const endpoint = new QuicEndpoint({ tap, keyLog });
    const abort = (): void => endpoint.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    void endpoint.closed.finally(() => signal?.removeEventListener('abort', abort));
    try {
      const quic = await connectFrom(options, session, psk, access, endpoint);
      options.onConnect?.(quic);
      const connection = new MpquicConnection(options, session, endpoint, quic);
      const info = await quic.opened;
      if (psk !== undefined && !equalBytes(info.psk?.identity ?? new Uint8Array(), psk.kid)) {
        throw new UeFailure('no_psk', 'the UPF did not take the PSK');
      }
      connection.#admit(access, 0);
      await quic.confirmed;
      if (psk !== undefined) recordUse(options, session, psk);
      return connection;
    } catch (error) {
      endpoint.destroy();
      throw failureOf(error);
    }
  }

  get quic(): QuicSession {
    return this.#quic;
  }

  /** What authenticated and protects the connection. */
  get security(): { readonly cipher: string; readonly group: string; readonly mode: string } {
    const { handshake } = this.#quic;
    return {
      cipher: handshake?.cipherSuite ?? '',
      group: handshake?.group ?? '',
      mode: handshake?.psk?.mode ?? '',
    };
  }

  /**
   * Opens the path over another access and waits until it is validated.
   * @throws {UeFailure} `mpquic`
   */
  async addPath(access: Access): Promise<number> {
    const signal = AbortSignal.timeout(this.#options.handshakeTimeoutMs);
    try {
      const id = await overAccess(this.#options, this.#session, access, (local, remote) =>
        this.#quic.openPath({ local, remote, signal }),
      );
      this.#admit(access, id);
      return id;
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Cuts an access as if its radio were gone, or brings it back. */
  cut(access: Access, on = true): void {
    const local = this.#locals.get(access);
    if (local !== undefined) this.#endpoint.blackhole(local, on);
  }

  /** The paths as they are now, those that are gone as they were at last. */
  paths(): PathRow[] {
    this.#refresh();
    return [...this.#rows.values()];
  }

  /** Ends the connection gracefully. */
  async close(): Promise<void> {
    this.#refresh();
    await this.#quic.close().catch(() => undefined);
    await this.#endpoint.close();
  }

  /** Ends it at once. */
  destroy(): void {
    this.#endpoint.destroy();
  }

  #admit(access: Access, pathId: number): void {
    const path = this.#quic.paths.find(({ id }) => id === pathId);
    if (path === undefined) return;
    this.#locals.set(access, path.local);
    this.#refresh();
    this.#report(pathId, 'active');
  }

  #takePath(event: PathEvent): void {
    this.#refresh();
    if (event.type === 'path_suspect') {
      this.#report(event.pathId, event.suspect ? 'suspect' : 'recovered');
    } else if (event.type === 'path_opened' && event.pathId !== 0) {
      this.#report(event.pathId, 'validating');
    } else if (event.type === 'path_closed') {
      const row = this.#rows.get(event.pathId);
      if (row !== undefined) this.#rows.set(event.pathId, { ...row, state: 'abandoned' });
      this.#report(event.pathId, 'abandoned');
    }
  }

  #report(
    pathId: number,
    state: 'validating' | 'active' | 'suspect' | 'recovered' | 'abandoned',
  ): void {
    const row = this.#rows.get(pathId);
    if (row === undefined) return;
    const { access, local, remote, rttMs, bytesSent, bytesReceived } = row;
    this.#options.events.record({
      type: 'path',
      holder: 'ue',
      pathId,
      state,
      ...(access === undefined ? {} : { access }),
      local,
      remote,
      rttMs,
      bytesSent,
      bytesReceived,
    });
  }

  #refresh(): void {
    for (const path of this.#quic.paths) {
      const access = [...this.#locals].find(([, local]) => sameAddress(local, path.local))?.[0];
      this.#rows.set(path.id, rowOf(path, access));
    }
  }
}

/** A UE that was told to use a PSK never accepts a certificate. */
function checkNoPsk({ trust }: MpquicOptions, { indication }: MaPduSession): void {
  if (indication?.usingPsk === true) {
    throw new UeFailure('no_psk', 'the network uses a PSK; the UE takes no certificate');
  }
  if (trust === undefined) throw new UeFailure('no_psk', 'neither a PSK nor a trust anchor');
}

function recordUse({ events }: MpquicOptions, session: MaPduSession, psk: UePsk): void {
  const { kid, solution, variant } = psk;
  const { pduSessionId } = session;
  events.record({
    type: 'psk',
    holder: 'ue',
    state: 'in_use',
    kid,
    solution,
    variant,
    pduSessionId,
  });
}

function connectFrom(
  options: MpquicOptions,
  session: MaPduSession,
  psk: UePsk | undefined,
  access: Access,
  endpoint: QuicEndpoint,
): Promise<QuicSession> {
  const { alpn, ciphers, groups, handshakeTimeoutMs, idleMs, keyLog, observer, trust } = options;
  return overAccess(options, session, access, (local, remote) =>
    endpoint.connect(remote, {
      alpn,
      ...(psk === undefined
        ? { trust, servername: remote.host }
        : { psk: externalPsk(session, psk) }),
      local,
      ciphers,
      groups,
      handshakeTimeout: handshakeTimeoutMs,
      transportParams: { maxIdleTimeout: idleMs / 1_000 },
      keylog: keyLog !== undefined,
      observer,
    }),
  );
}

/** The PSK as TLS takes it. */
function externalPsk(session: MaPduSession, psk: UePsk): ExternalPsk {
  const base = { identity: psk.kid, key: psk.key, hash: 'sha256' } as const;
  if (psk.mode === 'raw') return { ...base, mode: 'raw' };
  // A provisioned PSK belongs to no session, and to one UPF only where it is so provisioned.
  const provisioned = psk.solution === 'Y';
  const boundToUpf = !provisioned || psk.variant === 'per-ue-per-upf';
  const context = importedPskContext({
    solutionCode: findSolution(psk.solution).code,
    pduSessionId: provisioned ? 0 : session.pduSessionId,
    upfId: (boundToUpf ? session.indication?.upfId : undefined) ?? '',
  });
  return { ...base, mode: 'imported', context };
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof QuicError)) return error;
  return new UeFailure('mpquic', `UPF: ${error.message}`, error);
}
