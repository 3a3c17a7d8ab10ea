import {
  type Access,
  carriedMessageName,
  decodeMm,
  encodeMm,
  type MmMessage,
  messageName,
  NasCountExhausted,
  NasDecodeError,
  readProtectedMessage,
  SecurityHeaderType,
  type SentMessage,
} from '@mpquic/nas';
import type { EventSink } from '@mpquic/service';
import { UeFailure } from '../failure.ts';
import type { N1Receiver, N1Transport } from './n1-transport.ts';
import type { UeSecurityContext } from './security-context.ts';

/** A message of the network after its protection was checked. */
export interface ReceivedNas<M extends MmMessage = MmMessage> {
  readonly message: M;
  /** Downlink NAS COUNT; undefined where the message came unprotected. */
  readonly count: number | undefined;
  /** The octets as they came, for what must check them again. */
  readonly bytes: Uint8Array;
}

export type MessageOf<T extends MmMessage['type']> = Extract<MmMessage, { readonly type: T }>;

interface Waiter {
  readonly types: readonly MmMessage['type'][];
  readonly timer: NodeJS.Timeout;
  resolve(received: ReceivedNas): void;
  reject(reason: UeFailure): void;
}

export interface NasChannelOptions {
  readonly access: Access;
  readonly events: EventSink;
  /** Messages that nobody waits for. */
  readonly unexpected: (received: ReceivedNas) => void;
  /** A downlink message was dropped. */
  readonly discarded: (reason: string) => void;
  /** The connection is over: the UE is CM-IDLE on this access. */
  readonly ended: () => void;
}

/** Messages that the UE takes before the exchange of NAS messages is secure. TS 24.501 §4.4.4.2 */
const ACCEPTED_UNPROTECTED: ReadonlySet<MmMessage['type']> = new Set([
  'identityRequest',
  'authenticationRequest',
  'authenticationResult',
  'authenticationReject',
  'registrationReject',
  'serviceReject',
  'deregistrationAcceptToUe',
] as const);

/**
 * The UE's end of one N1 signalling connection: protects and sends, checks and delivers. One procedure
 * at a time waits for an answer; everything else goes to `unexpected`.
 */
export class NasChannel implements N1Receiver {
  readonly access: Access;
  /** In use on this channel. */
  security: UeSecurityContext | undefined;
  /** Whether a protected message was accepted: from then on unprotected ones are dropped. */
  #secure = false;
  readonly #options: NasChannelOptions;
  #transport: N1Transport | undefined;
  #waiter: Waiter | undefined;
  #closed = false;

  constructor(options: NasChannelOptions) {
    this.access = options.access;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the network has shown that it holds the context in use. */
  get isSecure(): boolean {
    return this.#secure;
  }

  /** Gives the channel its connection. */
  attach(transport: N1Transport): void {
    this.#transport = transport;
  }

  /** Takes a security context into use: unprotected messages are refused from now on. */
  secure(security: UeSecurityContext): void {
    this.security = security;
    this.#secure = true;
  }

  /** Sends a message without protection, as before a security context is in use. */
  sendPlain(message: MmMessage): void {
    const plain = encodeMm(message);
    this.#transmit(message, plain, plain);
  }

  /**
   * Sends a message under the context in use; its COUNT enters derivations.
   * @throws {UeFailure} without a context, and where its COUNTs are used up, which ends the connection
   *   (TS 24.501 §4.4.3.5)
   */
  send(message: MmMessage, headerType: SecurityHeaderType): SentMessage {
    const nas = this.security?.nas;
    if (nas === undefined) throw new UeFailure('protocol', 'no NAS security context is in use');
    const plain = encodeMm(message);
    try {
      const sent = nas.protect(plain, headerType, this.access);
      this.#transmit(message, sent.bytes, plain);
      return sent;
    } catch (error) {
      if (!(error instanceof NasCountExhausted)) throw error;
      this.close();
      throw new UeFailure('connection_lost', 'the NAS COUNTs are used up', error);
    }
  }

  /**
   * Waits for one of these messages.
   * @throws {UeFailure} `no_answer` or `connection_lost`
   */
  expect<const T extends MmMessage['type']>(
    types: readonly T[],
    timeoutMs: number,
  ): Promise<ReceivedNas<MessageOf<T>>> {
    this.abort(new UeFailure('protocol', 'another procedure began'));
    if (this.#closed) return Promise.reject(lost());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.abort(new UeFailure('no_answer', `the network does not answer with ${types[0]}`)),
        timeoutMs,
      );
      this.#waiter = {
        types,
        timer,
        resolve: (received) => resolve(received as ReceivedNas<MessageOf<T>>),
        reject,
      };
    });
  }

  /** Ends the procedure that waits. */
  abort(reason: UeFailure): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    waiter.reject(reason);
  }

  close(): void {
    this.#transport?.close();
    this.ended();
  }

  receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    const received = this.#open(bytes);
    if (typeof received === 'string') {
      this.#options.discarded(received);
      return;
    }
    const waiter = this.#waiter;
    if (!waiter?.types.includes(received.message.type)) {
      this.#serve(received);
      return;
    }
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    waiter.resolve(received);
  }

  /** What the network starts; where an answer cannot be sent, the message counts as dropped. */
  #serve(received: ReceivedNas): void {
    try {
      this.#options.unexpected(received);
    } catch (error) {
      if (!(error instanceof UeFailure)) throw error;
      this.#options.discarded(error.message);
    }
  }

  ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.abort(lost());
    this.#options.ended();
  }

  /** The message and its COUNT, or why it is dropped. TS 24.501 §4.4.4.2 */
  #open(bytes: Uint8Array): ReceivedNas | string {
    try {
      const outer = readProtectedMessage(bytes);
      if (outer === undefined) return this.#openUnprotected(bytes);
      if (outer.headerType === SecurityHeaderType.integrityProtectedWithNewContext) {
        // It names the algorithms to check it with: whoever handles it does so.
        const message = decodeMm(outer.payload);
        if (message.type !== 'securityModeCommand') return 'malformed';
        return { message, count: undefined, bytes };
      }
      const opened = this.security?.nas?.unprotect(bytes, this.access) ?? 'notProtected';
      if (typeof opened === 'string') return opened;
      this.#secure = true;
      return { message: decodeMm(opened.plain), count: opened.count, bytes };
    } catch (error) {
      if (!(error instanceof NasDecodeError)) throw error;
      this.#answerUndecodable(error);
      return 'malformed';
    }
  }

  #openUnprotected(bytes: Uint8Array): ReceivedNas | string {
    const message = decodeMm(bytes);
    if (this.#secure || !ACCEPTED_UNPROTECTED.has(message.type)) return 'notProtected';
    return { message, count: undefined, bytes };
  }

  /** Only once the exchange is secure: before, anybody could have sent it. TS 24.501 §7.4 */
  #answerUndecodable({ cause }: NasDecodeError): void {
    if (cause === undefined || !this.#secure) return;
    this.send({ type: 'mmStatus', cause }, SecurityHeaderType.integrityProtectedAndCiphered);
  }

  #transmit(message: MmMessage, bytes: Uint8Array, plaintext: Uint8Array): void {
    const transport = this.#transport;
    if (this.#closed || transport === undefined) throw lost();
    const detail = carriedMessageName(message);
    // Recorded first: what the message brings about must not seem to come before it.
    this.#options.events.record({
      type: 'message',
      interface: 'N1',
      access: this.access,
      from: 'ue',
      to: 'amf',
      name: messageName(message),
      ...(detail === undefined ? {} : { detail }),
      length: bytes.length,
      payload: bytes,
      plaintext,
      secret: false,
      source: transport.local,
      destination: transport.remote,
    });
    transport.send(bytes);
  }
}

function lost(): UeFailure {
  return new UeFailure('connection_lost', 'core: the N1 connection is closed');
}
