import {
  carriedMessageName,
  decodeMm,
  encodeMm,
  type MmMessage,
  messageName,
  NasCountExhausted,
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

interface HeldMessage {
  readonly message: MmMessage;
  readonly secret: boolean;
}

/** Messages that wait for a UE which changes its security context. */
const MAX_HELD = 32;

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
  readonly #transport: NasTransport;
  readonly #events: EventSink;
  #waiter: Waiter | undefined;
  /** Messages for when the UE has changed its security context too. */
  #held: HeldMessage[] | undefined;
  #offered: AmfSecurityContext | undefined;
  #closed = false;

  constructor(access: AccessName, transport: NasTransport, events: EventSink) {
    this.access = access;
    this.#transport = transport;
    this.#events = events;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Offered by a Security Mode Command that is not yet answered. */
  get offered(): AmfSecurityContext | undefined {
    return this.#offered;
  }

  /**
   * The UE is about to change its security context: what is sent meanwhile waits for {@link resume}.
   * @param offered the context under which the answer will be protected, where one is awaited
   */
  pause(offered?: AmfSecurityContext): void {
    this.#offered = offered;
    this.#held ??= [];
  }

  /** The UE has changed its security context, or refused to: what waited is sent. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#offered = undefined;
    if (this.#closed || this.security === undefined) return;
    for (const { message, secret } of held) this.send(message, secret);
  }

  /** Sends a message without protection, as before a security context is in use. */
  sendPlain(message: MmMessage): void {
    const plain = encodeMm(message);
    this.#transmit(message, plain, plain, false);
  }

  /**
   * Sends a message under the context in use.
   * @param secret whether it carries a key
   * @throws {ProcedureAborted} without a context, where COUNTs are used up, or where too much waits already
   */
  send(message: MmMessage, secret = false): void {
    const { security } = this;
    if (security === undefined) throw new ProcedureAborted('no security context is in use');
    if (this.#held !== undefined) {
      this.#hold({ message, secret });
      return;
    }
    const headerType = SecurityHeaderType.integrityProtectedAndCiphered;
    this.#sendProtected(message, security, headerType, secret);
  }

  /** Sends a Security Mode Command under the context that it offers. */
  sendWithNewContext(message: MmMessage, security: AmfSecurityContext): void {
    const headerType = SecurityHeaderType.integrityProtectedWithNewContext;
    this.#sendProtected(message, security, headerType, false);
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

  #hold(message: HeldMessage): void {
    if ((this.#held?.length ?? 0) >= MAX_HELD) {
      this.close('the UE does not change its security context');
      throw new ProcedureAborted('the UE does not change its security context');
    }
    this.#held?.push(message);
  }

  #sendProtected(
    message: MmMessage,
    security: AmfSecurityContext,
    headerType: SecurityHeaderType,
    secret: boolean,
  ): void {
    const plain = encodeMm(message);
    try {
      const { bytes } = security.nas.protect(plain, headerType, this.access);
      this.#transmit(message, bytes, plain, secret);
    } catch (error) {
      if (!(error instanceof NasCountExhausted)) throw error;
      this.close('the NAS COUNTs are used up');
      throw new ProcedureAborted('the NAS COUNTs are used up');
    }
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
