import { ByteReader, type Instant } from '@mpquic/wire';
import { Http3StreamError } from '../error-code.ts';
import { decodeSequenceContext, type SequenceContext, SequenceReader } from './sequence-context.ts';

export interface DatagramContextsOptions {
  readonly role: 'client' | 'proxy';
  /** A payload of context 0. */
  readonly plain: (payload: Uint8Array) => void;
  /** A payload with its sequence number. */
  readonly numbered: (sequence: number, payload: Uint8Array) => void;
}

interface Waiting {
  readonly contextId: number;
  /** What stands behind the context ID. */
  readonly rest: Uint8Array;
  readonly arrived: Instant;
}

/** Datagrams of contexts that are not registered yet: about a round trip's worth. RFC 9298 §5 */
const WAITING_LIMIT = 32;
const WAITING_TIME = 1_000_000;
const CONTEXT_LIMIT = 16;

/** The contexts of one tunnel: what stands in front of the payloads that the peer sends. RFC 9298 §4 */
export class DatagramContexts {
  readonly #options: DatagramContextsOptions;
  readonly #registered = new Set<number>();
  #waiting: Waiting[] = [];
  /** All contexts of a stream share one sequence. draft-ihlar-masque-datagram-numbers-01 §3 */
  #sequence: SequenceReader | undefined;
  #dropped = 0;

  constructor(options: DatagramContextsOptions) {
    this.#options = options;
  }

  /** Datagrams without a context, of an unknown one, or cut short. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A context and what stands behind it, from `at` on. Whether it was a payload that was handed on at once. */
  receive(datagram: Uint8Array, now: Instant, at = 0): boolean {
    const first = datagram[at] ?? 0xff;
    const head = 1 << (first >> 6);
    if (datagram.length < at + head) {
      this.#dropped += 1;
      return false;
    }
    const contextId = head === 1 ? first : longContextId(datagram.subarray(at));
    if (contextId === 0) {
      this.#options.plain(datagram.subarray(at + head));
      return true;
    }
    if (this.#registered.has(contextId)) this.#numbered(datagram, at + head);
    else this.#wait({ contextId, rest: datagram.subarray(at + head), arrived: now });
    return false;
  }

  /** REGISTER_SEQUENCE_CONTEXT of the peer. @throws {Http3StreamError} */
  register(value: Uint8Array, now: Instant): void {
    const context = decodeSequenceContext(value);
    this.#check(context);
    const { contextId, bits } = context;
    if (bits !== undefined) this.#sequence ??= new SequenceReader(bits);
    if (this.#sequence === undefined) malformed('the first one says no size');
    this.#registered.add(contextId);
    const due = this.#waiting.filter((waiting) => waiting.contextId === contextId);
    this.#waiting = this.#waiting.filter((waiting) => waiting.contextId !== contextId);
    for (const { rest, arrived } of due) {
      if (now - arrived <= WAITING_TIME) this.#numbered(rest, 0);
      else this.#dropped += 1;
    }
  }

  #check({ contextId, payloadContextId }: SequenceContext): void {
    const byClient = contextId % 2 === 0;
    if (contextId === 0 || byClient !== (this.#options.role === 'proxy')) {
      malformed(`context ${contextId} is not the sender's to give`);
    }
    if (this.#registered.has(contextId)) malformed(`context ${contextId} is in use`);
    if (payloadContextId !== 0) malformed(`payload context ${payloadContextId} is unknown`);
    if (this.#registered.size >= CONTEXT_LIMIT) malformed('too many contexts');
  }

  #numbered(datagram: Uint8Array, at: number): void {
    const sequence = this.#sequence;
    if (sequence === undefined || datagram.length < at + sequence.octets) {
      this.#dropped += 1;
      return;
    }
    this.#options.numbered(sequence.read(datagram, at), datagram.subarray(at + sequence.octets));
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length <= WAITING_LIMIT) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }
}

/** The shortest form is not asked for. RFC 9000 §16 */
function longContextId(datagram: Uint8Array): number {
  return new ByteReader(datagram).varintSaturating();
}

function malformed(reason: string): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', `REGISTER_SEQUENCE_CONTEXT: ${reason}`);
}
