import { QuicError, type QuicSession } from '@mpquic/endpoint';
import { HTTP3_ALPN, Http3Session } from '@mpquic/masque';
import type { Access } from '@mpquic/nas';
import type { AccessOf, PathScheduler, Steering } from '@mpquic/quic';
import { UeFailure } from '../failure.ts';
import { MpquicConnection, type MpquicOptions } from '../mpquic/mpquic-connection.ts';
import type { PathRow } from '../mpquic/path-row.ts';
import type { MaPduSession, UePsk } from '../session/ma-pdu-session.ts';

export interface UserConnectionOptions {
  readonly mpquic: MpquicOptions;
  readonly session: MaPduSession;
  readonly psk: UePsk;
  /** Where the handshake runs. */
  readonly access: Access;
  /** Whether to use the other access too. */
  readonly bothAccesses: boolean;
  /** Tells the UPF which path is the standby one. MP-21 §3.3 */
  readonly steering: Steering | undefined;
  /** The QoS flow that it is for. */
  readonly qfi: number;
}

/** A connection as a person reads it. */
export interface ConnectionReport {
  readonly qfi: number;
  readonly paths: readonly PathRow[];
}

/** How often it is looked whether an access came back, in milliseconds. */
const ACCESS_CHECK_MS = 1_000;
/** A connection in use is kept alive so many times within its idle timeout. */
const KEEP_ALIVES = 3;

/**
 * An MPQUIC connection for user traffic: HTTP/3 over both accesses. A path that is lost is opened again
 * as soon as that works. TS 23.501 §5.32.6.2.2
 */
export class UserConnection {
  readonly http: Http3Session;
  readonly accessOf: AccessOf = ({ id }) => this.#accesses.get(id) ?? this.#options.access;
  readonly #options: UserConnectionOptions;
  readonly #connection: MpquicConnection;
  /** The access of each path ID. */
  readonly #accesses = new Map<number, Access>();
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #lastKeepAlive: number = performance.now();

  private constructor(options: UserConnectionOptions, { connection, http, access }: Opened) {
    this.#options = options;
    this.#connection = connection;
    this.http = http;
    this.#accesses.set(0, access);
    const stop = (): void => clearInterval(this.#timer);
    connection.quic.closed.then(stop, stop);
  }

  /**
   * Over the preferred access, or over the other one where nobody answers there.
   * @throws {UeFailure} `mpquic` where the UPF refuses or does not answer
   */
  static async open(options: UserConnectionOptions): Promise<UserConnection> {
    const opened = new UserConnection(options, await openOverAny(options));
    const interval = Math.min(ACCESS_CHECK_MS, options.mpquic.idleMs / KEEP_ALIVES);
    opened.#timer = setInterval(() => opened.#look(), interval);
    opened.#timer.unref();
    // Flows use both accesses from the beginning where both are there, and wait for neither where it is not.
    if (options.bothAccesses) await atMost(interval, opened.#keepAccesses());
    return opened;
  }

  /** Round-trip time, loss and octets of each path. */
  report(): ConnectionReport {
    return { qfi: this.#options.qfi, paths: this.#connection.paths() };
  }

  get connection(): MpquicConnection {
    return this.#connection;
  }

  /** Settles when it is over, however that came. */
  get ended(): Promise<unknown> {
    return this.#connection.quic.closed.catch(() => undefined);
  }

  /** Steers streams, and datagrams without a scheduler of their own. */
  useScheduler(scheduler: PathScheduler): void {
    this.http.useScheduler(scheduler);
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#connection.close();
  }

  /**
   * Asks lost accesses whether they are back, which the backoff of probes alone would notice late, and keeps tunnels
   * alive that nothing crosses: a UDP mapping lives for two minutes. RFC 9298 §3.1
   */
  #look(): void {
    const { quic } = this.#connection;
    const { idleMs } = this.#options.mpquic;
    const now = performance.now();
    const [inUse] = this.http.masque.tunnels;
    const due = inUse !== undefined && now - this.#lastKeepAlive >= idleMs / KEEP_ALIVES;
    if (due) this.#lastKeepAlive = now;
    for (const { id, state, suspect } of quic.paths) {
      if (state === 'active' && (suspect || due)) quic.ping(id);
    }
    if (this.#options.bothAccesses) void this.#keepAccesses();
  }

  /** Opens a path over each access that has none. */
  async #keepAccesses(): Promise<void> {
    if (this.#busy || this.#connection.quic.destroyed) return;
    this.#busy = true;
    try {
      for (const access of ['3gpp', 'non-3gpp'] as const) {
        if (this.#hasPath(access)) continue;
        const id = await this.#connection.addPath(access);
        this.#accesses.set(id, access);
        this.#announceStatus();
      }
    } catch (error) {
      // The access is not there; the next look comes.
      this.#options.mpquic.logger.debug({ reason: String(error) }, 'no path over an access');
    } finally {
      this.#busy = false;
    }
  }

  #hasPath(access: Access): boolean {
    return this.#connection.quic.paths.some(
      (path) => path.state !== 'abandoned' && this.accessOf(path) === access,
    );
  }

  #announceStatus(): void {
    const { steering } = this.#options;
    if (steering?.type !== 'activeStandby') return;
    const { quic } = this.#connection;
    for (const path of quic.paths) {
      if (path.state !== 'active') continue;
      const status = this.accessOf(path) === steering.active ? 'available' : 'backup';
      if (path.localStatus !== status) quic.setPathStatus(path.id, status);
    }
  }
}

/** A connection whose handshake is complete. */
interface Opened {
  readonly connection: MpquicConnection;
  readonly http: Http3Session;
  /** Of path 0. */
  readonly access: Access;
}

/** Settles with `work`, or when that takes too long. */
async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/** Whether the UPF knows the PSK of a handshake no more, as it says with the alert of a wrong one. RFC 9846 §6.2 */
export function isRefusedPsk(error: unknown): boolean {
  const cause = error instanceof UeFailure ? error.cause : undefined;
  return cause instanceof QuicError && cause.errorCode === DECRYPT_ERROR;
}

/** The alert decrypt_error as a CRYPTO_ERROR. RFC 9001 §4.8 */
const DECRYPT_ERROR = 0x133n;

async function openOverAny(options: UserConnectionOptions): Promise<Opened> {
  const { access, bothAccesses, mpquic } = options;
  try {
    return await openOver(options, access);
  } catch (error) {
    if (!bothAccesses || mpquic.signal?.aborted || isRefusedPsk(error)) throw error;
    mpquic.logger.info({ access, reason: String(error) }, 'no handshake over the first access');
    return openOver(options, access === '3gpp' ? 'non-3gpp' : '3gpp');
  }
}

async function openOver(
  { session, psk, mpquic }: UserConnectionOptions,
  access: Access,
): Promise<Opened> {
  let http: Http3Session | undefined;
  const options: MpquicOptions = {
    ...mpquic,
    alpn: HTTP3_ALPN,
    // Before the handshake is complete: no event of a stream may go elsewhere.
    onConnect: (quic: QuicSession) => {
      http = Http3Session.client(quic);
    },
  };
  const connection = await MpquicConnection.open(options, session, psk, access);
  return { connection, http: http as Http3Session, access };
}
