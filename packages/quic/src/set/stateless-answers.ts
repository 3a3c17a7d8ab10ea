import { type CryptoProvider, SEAL_ROW_LENGTH } from '@mpquic/crypto';
import {
  type Address,
  type Datagram,
  Ecn,
  type Instant,
  type Random,
  type Transmit,
} from '@mpquic/wire';
import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import { LevelKeys } from '../protection/level-keys.ts';
import { PacketDraft } from '../transmit/packet-draft.ts';
import { writeLongHeader } from '../wire/header-writer.ts';
import {
  destinationConnectionId,
  type PacketHeader,
  sourceConnectionId,
} from '../wire/packet-header.ts';
import { writeRetry } from '../wire/retry.ts';
import { writeVersionNegotiation } from '../wire/version-negotiation.ts';
import type { QuicVersion } from '../wire/versions.ts';
import type { AddressTokens } from './address-tokens.ts';
import { statelessResetToken, writeStatelessReset } from './stateless-reset.ts';

/** Answers that wait to be sent; beyond, nothing is answered. */
const QUEUE_LIMIT = 64;

/** Longer than any answer. */
const ANSWER_CAPACITY = 1200;

const NO_REASON = { frameType: 0, reason: new Uint8Array() };

interface Answer {
  readonly local: Address;
  readonly remote: Address;
  readonly bytes: Uint8Array;
}

/** What is said to datagrams of no connection; each is smaller than what it answers. */
export class StatelessAnswers {
  readonly #crypto: CryptoProvider;
  readonly #random: Random;
  readonly #connectionIds: Random;
  readonly #resetKey: Uint8Array;
  readonly #tokens: AddressTokens;
  readonly #queue: Answer[] = [];

  constructor(
    crypto: CryptoProvider,
    random: Random,
    connectionIds: Random,
    resetKey: Uint8Array,
    tokens: AddressTokens,
  ) {
    this.#crypto = crypto;
    this.#random = random;
    this.#connectionIds = connectionIds;
    this.#resetKey = resetKey;
    this.#tokens = tokens;
  }

  /** Stateless reset, for a 1-RTT packet to a connection ID that is not known any more. RFC 9000 §10.3 */
  reset(datagram: Datagram): void {
    if (this.#queue.length >= QUEUE_LIMIT) return;
    const { payload } = datagram;
    const id = payload.subarray(1, 1 + CONNECTION_ID_LENGTH);
    const token = statelessResetToken(this.#crypto, this.#resetKey, id);
    const bytes = new Uint8Array(ANSWER_CAPACITY);
    const length = writeStatelessReset(bytes, 0, payload.length, token, this.#random);
    if (length > 0) this.#push(datagram, bytes.slice(0, length));
  }

  /** Version Negotiation, with one version that nobody speaks. RFC 9000 §6.1, §6.3 */
  versionNegotiation(
    header: PacketHeader,
    datagram: Datagram,
    versions: readonly QuicVersion[],
  ): void {
    if (this.#queue.length >= QUEUE_LIMIT) return;
    const [unused = 0, reserved = 0] = this.#random.fill(new Uint8Array(2));
    const bytes = new Uint8Array(ANSWER_CAPACITY);
    const length = writeVersionNegotiation(
      bytes,
      0,
      sourceConnectionId(header),
      destinationConnectionId(header),
      [
        ...versions.map(({ number }) => number),
        (((reserved << 24) & 0xf0000000) | 0x0a1a2a3a) >>> 0,
      ],
      unused,
    );
    this.#push(datagram, bytes.slice(0, length));
  }

  /** Retry: the client is to come again with a token. RFC 9000 §8.1.2 */
  retry(header: PacketHeader, datagram: Datagram, now: Instant): void {
    const { version } = header;
    if (version === undefined || this.#queue.length >= QUEUE_LIMIT) return;
    const originalDestination = destinationConnectionId(header);
    const retrySource = this.#connectionIds.fill(new Uint8Array(CONNECTION_ID_LENGTH));
    const { remote } = datagram;
    const token = this.#tokens.issueRetry(remote, originalDestination, retrySource, version, now);
    const bytes = new Uint8Array(ANSWER_CAPACITY);
    const length = writeRetry(
      this.#crypto,
      bytes,
      0,
      version,
      sourceConnectionId(header),
      retrySource,
      originalDestination,
      token,
    );
    this.#push(datagram, bytes.slice(0, length));
  }

  /** CONNECTION_CLOSE in an Initial, without a connection. RFC 9000 §5.2.2, §8.1.2 */
  refuse(header: PacketHeader, datagram: Datagram, code: number): void {
    const { version } = header;
    if (version === undefined || this.#queue.length >= QUEUE_LIMIT) return;
    const source = destinationConnectionId(header);
    const keys = LevelKeys.initial(this.#crypto, version, 'server', source);
    const bytes = new Uint8Array(ANSWER_CAPACITY);
    const destination = sourceConnectionId(header);
    const start = writeLongHeader(
      bytes,
      0,
      version,
      'initial',
      destination,
      source,
      undefined,
      0,
      4,
    );
    const draft = new PacketDraft();
    draft.begin('initial', bytes, 0, start, bytes.length, 0, 4, false);
    draft.write({ type: 'connection_close', application: false, errorCode: code, ...NO_REASON });
    const table = new Int32Array(SEAL_ROW_LENGTH);
    const length = draft.finish(table, 0, 0);
    keys.sealer?.seal(bytes, table, 1);
    keys.dispose();
    this.#push(datagram, bytes.slice(0, length));
  }

  /** The next answer, if there is one. */
  next(into: Transmit): boolean {
    const answer = this.#queue.shift();
    if (answer === undefined) return false;
    into.buffer.set(answer.bytes, into.start);
    into.length = answer.bytes.length;
    into.segmentSize = answer.bytes.length;
    into.datagrams = 1;
    into.local = answer.local;
    into.remote = answer.remote;
    into.ecn = Ecn.notEct;
    return true;
  }

  #push({ local, remote }: Datagram, bytes: Uint8Array): void {
    this.#queue.push({ local, remote, bytes });
  }
}
