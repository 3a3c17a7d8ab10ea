/**
 * The key schedule as three types, one per secret: only what is legal at a stage can be derived
 * there. RFC 9846 §7.1
 */
import {
  type CryptoProvider,
  HASH_LENGTH,
  type HashName,
  hkdfExpandLabel,
  hkdfExtract,
} from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';

export type Side = 'client' | 'server';

/** How a PSK came about, which separates the binder keys. RFC 9846 §7.1, RFC 9258 §5.2 */
export type BinderLabel = 'ext binder' | 'imp binder' | 'res binder';

/** One secret of the schedule, and what is derived from it. */
class ScheduleSecret {
  readonly #crypto: CryptoProvider;
  readonly #hash: HashName;
  readonly #secret: Uint8Array;

  constructor(crypto: CryptoProvider, hash: HashName, salt: Uint8Array, input: Uint8Array) {
    this.#crypto = crypto;
    this.#hash = hash;
    this.#secret = hkdfExtract(crypto, hash, salt, input);
  }

  /** Derive-Secret(., label, messages), given the hash of the messages. */
  derive(label: string, transcriptHash: Uint8Array): Uint8Array {
    const length = HASH_LENGTH[this.#hash];
    return hkdfExpandLabel(this.#crypto, this.#hash, this.#secret, label, transcriptHash, length);
  }

  /** Derive-Secret(., label, ""). */
  deriveFromNothing(label: string): Uint8Array {
    return this.derive(label, this.#crypto.hash(this.#hash, NOTHING));
  }

  /** The next secret of the schedule; this one is wiped. */
  next(input: Uint8Array): ScheduleSecret {
    const salt = this.deriveFromNothing('derived');
    const next = new ScheduleSecret(this.#crypto, this.#hash, salt, input);
    wipe(salt);
    this.wipe();
    return next;
  }

  wipe(): void {
    wipe(this.#secret);
  }
}

/** Early Secret: from the PSK, or from zeros without one. */
export class EarlyKeySchedule {
  readonly #crypto: CryptoProvider;
  readonly #hash: HashName;
  readonly #secret: ScheduleSecret;

  constructor(crypto: CryptoProvider, hash: HashName, psk?: Uint8Array) {
    this.#crypto = crypto;
    this.#hash = hash;
    const zeros = new Uint8Array(HASH_LENGTH[hash]);
    this.#secret = new ScheduleSecret(crypto, hash, zeros, psk ?? zeros);
  }

  /** The key of the PSK binder's HMAC. RFC 9846 §4.3.11.2 */
  binderFinishedKey(label: BinderLabel): Uint8Array {
    const binderKey = this.#secret.deriveFromNothing(label);
    const finished = finishedKey(this.#crypto, this.#hash, binderKey);
    wipe(binderKey);
    return finished;
  }

  clientEarlyTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return this.#secret.derive('c e traffic', transcriptHash);
  }

  /** Goes on with the shared secret of the key exchange, which is wiped. */
  enterHandshake(sharedSecret: Uint8Array): HandshakeKeySchedule {
    const next = this.#secret.next(sharedSecret);
    wipe(sharedSecret);
    return new HandshakeKeySchedule(next, this.#hash);
  }

  wipe(): void {
    this.#secret.wipe();
  }
}

/** Handshake Secret: from the Early Secret and the shared secret of the key exchange. */
export class HandshakeKeySchedule {
  readonly #secret: ScheduleSecret;
  readonly #hash: HashName;

  constructor(secret: ScheduleSecret, hash: HashName) {
    this.#secret = secret;
    this.#hash = hash;
  }

  /** @param transcriptHash of ClientHello...ServerHello */
  trafficSecret(side: Side, transcriptHash: Uint8Array): Uint8Array {
    return this.#secret.derive(side === 'client' ? 'c hs traffic' : 's hs traffic', transcriptHash);
  }

  enterApplication(): ApplicationKeySchedule {
    return new ApplicationKeySchedule(this.#secret.next(new Uint8Array(HASH_LENGTH[this.#hash])));
  }

  wipe(): void {
    this.#secret.wipe();
  }
}

/** Main Secret. */
export class ApplicationKeySchedule {
  readonly #secret: ScheduleSecret;

  constructor(secret: ScheduleSecret) {
    this.#secret = secret;
  }

  /** @param transcriptHash of ClientHello...server Finished */
  trafficSecret(side: Side, transcriptHash: Uint8Array): Uint8Array {
    return this.#secret.derive(side === 'client' ? 'c ap traffic' : 's ap traffic', transcriptHash);
  }

  /** @param transcriptHash of ClientHello...server Finished */
  exporterSecret(transcriptHash: Uint8Array): Uint8Array {
    return this.#secret.derive('exp master', transcriptHash);
  }

  /** @param transcriptHash of ClientHello...client Finished */
  resumptionSecret(transcriptHash: Uint8Array): Uint8Array {
    return this.#secret.derive('res master', transcriptHash);
  }

  wipe(): void {
    this.#secret.wipe();
  }
}

/** The PSK of one ticket. RFC 9846 §4.7.1 */
export function resumptionPsk(
  crypto: CryptoProvider,
  hash: HashName,
  resumptionSecret: Uint8Array,
  ticketNonce: Uint8Array,
): Uint8Array {
  const length = HASH_LENGTH[hash];
  return hkdfExpandLabel(crypto, hash, resumptionSecret, 'resumption', ticketNonce, length);
}

/** The verify_data of Finished under a traffic secret. RFC 9846 §4.5.3 */
export function verifyData(
  crypto: CryptoProvider,
  hash: HashName,
  trafficSecret: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  const key = finishedKey(crypto, hash, trafficSecret);
  const data = crypto.hmac(hash, key, transcriptHash);
  wipe(key);
  return data;
}

function finishedKey(crypto: CryptoProvider, hash: HashName, baseKey: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, hash, baseKey, 'finished', NOTHING, HASH_LENGTH[hash]);
}

const NOTHING = new Uint8Array(0);
