import type { CryptoProvider } from '@mpquic/crypto';
import type { Random, Transmit } from '@mpquic/wire';
import { type Address, type Datagram, Ecn } from '@mpquic/wire';
import { KeyTable } from './key-table.ts';
import { PacketKeyDeriver } from './packet-keys.ts';
import { type HostFunctions, INBOX_LENGTH, Shim } from './shim.ts';
import { webAssembly } from './web-assembly.ts';

/** What the invariant part of a packet says. RFC 8999 */
export interface InvariantHeader {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** 0 in short headers. */
  readonly version: number;
  /** Whether Version Negotiation answers it. */
  readonly negotiates: boolean;
}

interface Answer {
  readonly octets: Uint8Array;
  readonly local: Address;
  readonly remote: Address;
}

/** ngtcp2's functions that need no connection, and the answers that they make. */
export class Stateless {
  readonly #shim: Shim;
  readonly #keys: KeyTable;
  readonly #deriver: PacketKeyDeriver;
  readonly #retryKey: number;
  readonly #answers: Answer[] = [];

  /** @throws {EngineNotBuilt} */
  constructor(crypto: CryptoProvider, random: Random) {
    this.#keys = new KeyTable(crypto);
    this.#deriver = new PacketKeyDeriver(crypto, this.#keys);
    this.#retryKey = this.#deriver.retryKey();
    this.#shim = new Shim(this.#host(random));
  }

  /** Undefined for what is no QUIC packet. */
  readHeader(payload: Uint8Array): InvariantHeader | undefined {
    if (payload.length === 0 || payload.length > INBOX_LENGTH) return undefined;
    const { call, inbox } = this.#shim;
    this.#shim.put(inbox, payload);
    const result = call.read_header(payload.length);
    if (result < 0) return undefined;
    return {
      destination: this.#shim.copy(call.header_destination(), call.header_destination_length()),
      source: this.#shim.copy(call.header_source(), call.header_source_length()),
      version: call.header_version(),
      negotiates: result === 1,
    };
  }

  /** The token of the Initial whose header was read last; undefined where it cannot begin a connection. */
  readInitial(length: number): Uint8Array | undefined {
    const { call } = this.#shim;
    if (call.read_initial(length) === 0) return undefined;
    return this.#shim.copy(call.initial_token(), call.initial_token_length());
  }

  /** The following answer the datagram that was read last. */
  answerVersionNegotiation(datagram: Datagram): void {
    this.#queue(datagram, this.#shim.call.write_version_negotiation());
  }

  answerRetry(datagram: Datagram, token: Uint8Array, source: Uint8Array): void {
    this.#shim.put(this.#shim.scratch, token);
    this.#shim.put(this.#shim.scratch + token.length, source);
    this.#queue(datagram, this.#shim.call.write_retry(this.#retryKey, token.length));
  }

  /** CONNECTION_CLOSE under the Initial keys of `destination`. */
  answerRefusal(datagram: Datagram, destination: Uint8Array, code: number): void {
    const { client, server } = this.#deriver.initialKeys(destination);
    this.#shim.put(this.#shim.scratch, server.iv);
    this.#queue(datagram, this.#shim.call.write_refusal(code, server.packetKey, server.maskKey));
    for (const { packetKey, maskKey } of [client, server]) {
      this.#keys.forget(packetKey);
      this.#keys.forget(maskKey);
    }
  }

  answerReset(datagram: Datagram, token: Uint8Array): void {
    this.#shim.put(this.#shim.scratch, token);
    this.#queue(datagram, this.#shim.call.write_stateless_reset(datagram.payload.length));
  }

  next(into: Transmit): boolean {
    const answer = this.#answers.shift();
    if (answer === undefined) return false;
    const { octets, local, remote } = answer;
    into.buffer.set(octets, into.start);
    into.length = octets.length;
    into.segmentSize = octets.length;
    into.datagrams = 1;
    into.local = local;
    into.remote = remote;
    into.ecn = Ecn.notEct;
    return true;
  }

  #queue({ local, remote }: Datagram, length: number): void {
    if (length <= 0 || this.#answers.length >= ANSWER_LIMIT) return;
    this.#answers.push({ octets: this.#shim.copy(this.#shim.outbox, length), local, remote });
  }

  #host(random: Random): HostFunctions {
    const view = (start: number, length: number): Uint8Array => this.#shim.view(start, length);
    const none = (): never => {
      throw new webAssembly.RuntimeError('there is no connection');
    };
    return {
      random: (into, length) => void random.fill(view(into, length)),
      seal: (key, into, plaintext, length, nonce, additional, additionalLength) => {
        const sealed = this.#keys.seal(
          key,
          view(into, length + 16),
          view(nonce, 12),
          view(additional, additionalLength),
          view(plaintext, length),
        );
        return sealed ? 0 : -1;
      },
      mask: (key, into, sample) => (this.#keys.mask(key, view(into, 5), view(sample, 16)) ? 0 : -1),
      open: none,
      forget_key: none,
      next_key: none,
      initial_keys: none,
      start_handshake: none,
      crypto_data: none,
      handshake_confirmed: none,
      new_connection_id: none,
      remove_connection_id: none,
      stream_opened: none,
      stream_data: none,
      stream_acknowledged: none,
      stream_closed: none,
      stream_reset: none,
      streams_available: none,
      datagram: none,
      datagram_acknowledged: none,
      datagram_lost: none,
      path_validated: none,
      stateless_reset: none,
      new_token: none,
    };
  }
}

/** Answers that wait to be sent. */
export const ANSWER_LIMIT = 256;
