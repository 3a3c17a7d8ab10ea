import {
  carriedMessageName,
  decodeMm,
  encodeMm,
  type MmMessage,
  messageName,
  NasDecodeError,
  SecurityHeaderType,
} from '@mpquic/nas';
import type { AccessName, EventSink } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import type { AmfSecurityContext } from './security-context.ts';
import type { UeContext } from './ue-context.ts';

/** A message of the UE after its protection was checked. */
export interface ReceivedNas<M extends MmMessage = MmMessage> {
  readonly message: M;
  /** Uplink NAS COUNT; undefined where the message came unprotected. */
  readonly count: number | undefined;
  readonly headerType: SecurityHeaderType;
}

type MessageOf<T extends MmMessage['type']> = Extract<MmMessage, { readonly type: T }>;

interface Waiter {
  readonly types: readonly MmMessage['type'][];
  readonly timer: NodeJS.Timeout;
  resolve(received: ReceivedNas): void;
  reject(reason: ProcedureAborted): void;
}

/** A NAS procedure cannot go on: the UE is gone, did not answer, or began another procedure. */
export class ProcedureAborted extends Error {
  readonly code = 'PROCEDURE_ABORTED';
  override readonly name = 'ProcedureAborted';
}

export interface NasTransport {
  readonly local: Address;
  readonly remote: Address;
  /** Queues one NAS message to the UE. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** One N1 signalling connection: the NAS messages of one UE over one access. */
export class NasConnection {
  readonly access: AccessName;
  /** Known after identification; cleared when the connection is replaced. */
  ue: UeContext | undefined;
  /** In use on this connection; may be older than the one of the UE. */
  security: AmfSecurityContext | undefined;
  /** Offered by a Security Mode Command that is not yet answered. */
  pendingSecurity: AmfSecurityContext | undefined;
  readonly #transport: NasTransport;
  readonly #events: EventSink;
  #waiter: Waiter | undefined;
  #closed = false;

  constructor(access: AccessName, transport: NasTransport, events: EventSink) {
    this.access = access;
    this.#transport = transport;
    this.#events = events;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a message without protection, as before a security context is in use. */
  sendPlain(message: MmMessage): void {
    const plain = encodeMm(message);
    this.#transmit(message, plain, plain, false);
  }

  /**
   * Sends a message under the context in use.
   * @param secret whether it carries a key
   * @returns its downlink NAS COUNT
   */
  send(message: MmMessage, secret = false): number {
    const { security } = this;
    if (security === undefined) throw new ProcedureAborted('no security context is in use');
    const headerType = SecurityHeaderType.integrityProtectedAndCiphered;
    return this.#sendProtected(message, security, headerType, secret);
  }

  /** Sends a Security Mode Command under the context that it offers. */
  sendWithNewContext(message: MmMessage, security: AmfSecurityContext): number {
    const headerType = SecurityHeaderType.integrityProtectedWithNewContext;
    return this.#sendProtected(message, security, headerType, false);
  }

  /**
   * Waits for one of these messages; others are handled as usual meanwhile.
   * @throws {ProcedureAborted}
   */
  expect<const T extends MmMessage['type']>(
    types: readonly T[],
    timeoutMs: number,
  ): Promise<ReceivedNas<MessageOf<T>>> {
    this.abort('another procedure began');
    if (this.#closed) return Promise.reject(new ProcedureAborted('the connection is closed'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.abort('the UE does not answer'), timeoutMs);
      this.#waiter = {
        types,
        timer,
        resolve: (received) => resolve(received as ReceivedNas<MessageOf<T>>),
        reject,
      };
    });
  }

  /** Hands a message to the procedure that waits for it, if there is one. */
  deliver(received: ReceivedNas): boolean {
    const waiter = this.#waiter;
    if (waiter === undefined || !waiter.types.includes(received.message.type)) return false;
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    waiter.resolve(received);
    return true;
  }

  /** Ends the procedure that waits for a message. */
  abort(reason: string): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    waiter.reject(new ProcedureAborted(reason));
  }

  /** Closes the signalling connection. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.abort(reason);
    this.#transport.close();
  }

  #sendProtected(
    message: MmMessage,
    security: AmfSecurityContext,
    headerType: SecurityHeaderType,
    secret: boolean,
  ): number {
    const plain = encodeMm(message);
    const { bytes, count } = security.nas.protect(plain, headerType, this.access);
    this.#transmit(message, bytes, plain, secret);
    return count;
  }

  #transmit(message: MmMessage, bytes: Uint8Array, plaintext: Uint8Array, secret: boolean): void {
    const detail = carriedMessageName(message);
    // Recorded first: what the message brings about must not seem to come before it.
    this.#events.record({
      type: 'message',
      interface: 'N1',
      access: this.access,
      from: 'amf',
      to: 'ue',
      name: messageName(message),
      ...(detail === undefined ? {} : { detail }),
      length: bytes.length,
      payload: bytes,
      plaintext,
      secret,
      source: this.#transport.local,
      destination: this.#transport.remote,
    });
    this.#transport.send(bytes);
  }
}

/** A plain 5GMM message, or the error that says how to answer. */
export function decodePlain(bytes: Uint8Array): MmMessage | NasDecodeError {
  try {
    return decodeMm(bytes);
  } catch (error) {
    if (error instanceof NasDecodeError) return error;
    throw error;
  }
}
