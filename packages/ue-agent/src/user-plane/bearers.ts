import type { Access } from '@mpquic/nas';
import type { Logger } from '@mpquic/service';
import type { MpquicOptions } from '../mpquic/mpquic-connection.ts';
import { Bearer } from './bearer.ts';
import { treatmentBy } from './flow-treatment.ts';
import type { SessionSource } from './session-keeper.ts';
import type { Selection } from './traffic-selection.ts';
import { isRefusedPsk, UserConnection } from './user-connection.ts';

/** Whether a new connection is there before the old one ends, or after. */
export type RenewalOrder = 'make-before-break' | 'graceful-gap';

export interface BearersOptions {
  readonly mpquic: MpquicOptions;
  /** `make-before-break` unless told. */
  readonly renewal?: RenewalOrder;
  readonly sessions: SessionSource;
  readonly access: Access;
  readonly bothAccesses: boolean;
  readonly logger: Logger;
}

/** Renewals of a connection that are tried, and the milliseconds from one to the next. */
const RENEWAL_ATTEMPTS = 10;
const RENEWAL_PAUSE_MS = 200;

/** The connections of a user plane: one for the datagrams of each QoS flow, and one for each rule in stream mode. */
export class Bearers {
  readonly #options: BearersOptions;
  readonly #bearers = new Map<string, Promise<Bearer>>();
  #closed = false;
  #renewalDue = false;
  #renewal: Promise<void> = Promise.resolve();

  constructor(options: BearersOptions) {
    this.#options = options;
  }

  /** The connections that are there now. */
  async connections(): Promise<readonly UserConnection[]> {
    return (await this.#opened()).map(({ connection }) => connection);
  }

  /**
   * The bearer of a flow. A connection that was lost is made anew, with a handshake of its own.
   * @throws {UeFailure} where the UPF does not answer
   */
  async bearerFor(purpose: Selection): Promise<Bearer> {
    const key = keyOf(purpose);
    const known = await this.#bearers.get(key)?.catch(() => undefined);
    if (known?.takesFlows === true) return known;
    const opening = known === undefined ? this.#bearers.get(key) : undefined;
    return opening ?? this.#open(purpose);
  }

  /**
   * The session has another PSK or another UPF: all connections are made anew, and flows move as theirs ends. What is
   * told several times at once is done once.
   */
  renew(): void {
    if (this.#renewalDue) return;
    this.#renewalDue = true;
    setImmediate(() => {
      this.#renewalDue = false;
      this.#renewal = this.#renewal.then(() => this.#renewAll());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of await this.connections()) await connection.close();
  }

  async #opened(): Promise<readonly Bearer[]> {
    const bearers = await Promise.allSettled(this.#bearers.values());
    return bearers.flatMap((bearer) => (bearer.status === 'fulfilled' ? bearer.value : []));
  }

  async #renewAll(): Promise<void> {
    const { renewal = 'make-before-break', logger } = this.#options;
    const old = await this.#opened();
    this.#bearers.clear();
    const end = (): Promise<unknown> =>
      Promise.allSettled(old.map(({ connection }) => connection.close()));
    if (renewal === 'graceful-gap') await end();
    try {
      await Promise.all(old.map(({ purpose }) => this.#reopen(purpose)));
    } catch (error) {
      // The UPF ends the old ones in its time; flows open new ones when they need them.
      logger.warn({ reason: String(error) }, 'no connection with the new PSK');
      return;
    }
    if (renewal === 'make-before-break') await end();
  }

  /** The UPF may get the new PSK a little later than the UE. */
  async #reopen(purpose: Selection): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        await (this.#bearers.get(keyOf(purpose)) ?? this.#open(purpose));
        return;
      } catch (error) {
        if (attempt === RENEWAL_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RENEWAL_PAUSE_MS));
      }
    }
  }

  #open(purpose: Selection): Promise<Bearer> {
    const key = keyOf(purpose);
    const opening = this.#openBearer(purpose);
    this.#bearers.set(key, opening);
    const forget = (): void => {
      if (this.#bearers.get(key) === opening) this.#bearers.delete(key);
    };
    opening.then(({ connection }) => connection.ended.then(forget), forget);
    return opening;
  }

  async #openBearer(purpose: Selection): Promise<Bearer> {
    const { mpquic, sessions, access, bothAccesses, logger } = this.#options;
    const { session, psk } = await sessions.ready();
    const { steering } = treatmentBy(purpose.rule);
    const { qfi } = purpose;
    const options = { mpquic, session, psk, access, bothAccesses, steering, qfi };
    const connection = await UserConnection.open(options).catch((error: unknown) => {
      if (isRefusedPsk(error)) sessions.refused(session);
      throw error;
    });
    const bearer = new Bearer(purpose, connection);
    void connection.ended.then(() => {
      if (!this.#closed) logger.info('an MPQUIC connection ended: flows open a new one');
    });
    return bearer;
  }
}

/** Flows with the same key share a connection. */
function keyOf({ rule, qfi }: Selection): string {
  const { transport } = treatmentBy(rule);
  return transport === 'stream' ? `${qfi} rule ${rule?.identifier ?? 0}` : `${qfi}`;
}
