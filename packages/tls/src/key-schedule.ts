/**
 * The key schedule as three types, one per secret: only what is legal at a stage can be derived
 * there. One memory holds the secret of the stage: that of the next takes its place. RFC 9846 §7.1
 */
import {
  type CryptoProvider,
  EMPTY_HASH,
  HASH_LENGTH,
  type HashName,
  hkdfExpandLabel,
  ZEROS,
} from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';

export type Side = 'client' | 'server';

/** How a PSK came about, which separates the binder keys. RFC 9846 §7.1, RFC 9258 §5.2 */
export type PskKind = 'externalPsk' | 'importedPsk' | 'resumptionPsk';

/** Early Secret: from the PSK, or from zeros without one. */
export class EarlyKeySchedule {
  readonly hash: HashName;
  readonly #crypto: CryptoProvider;
  #secret: Uint8Array;
  /** `binder_key`; empty without a PSK. */
  readonly #binderKey: Uint8Array;

  private constructor(
    crypto: CryptoProvider,
    hash: HashName,
    step: PskKind | 'noPsk',
    input: Uint8Array,
  ) {
    this.hash = hash;
    this.#crypto = crypto;
    this.#secret = new Uint8Array(HASH_LENGTH[hash]);
    const derived = crypto.advanceKeySchedule(hash, step, this.#secret, input, EMPTY_HASH[hash]);
    this.#binderKey = derived[0] ?? NOTHING;
  }

  static fromPsk(
    crypto: CryptoProvider,
    hash: HashName,
    kind: PskKind,
    psk: Uint8Array,
  ): EarlyKeySchedule {
    return new EarlyKeySchedule(crypto, hash, kind, psk);
  }

  static withoutPsk(crypto: CryptoProvider, hash: HashName): EarlyKeySchedule {
    return new EarlyKeySchedule(crypto, hash, 'noPsk', ZEROS[hash]);
  }

  /**
   * The binder of the PSK, as long as the hash. RFC 9846 §4.3.11.2
   * @param transcriptHash up to and with the ClientHello without its binders
   */
  binder(transcriptHash: Uint8Array): Uint8Array {
    return this.#crypto.finishedMac(this.hash, this.#binderKey, transcriptHash);
  }

  clientEarlyTrafficSecret(transcriptHash: Uint8Array): Uint8Array {
    return derive(this.#crypto, this.hash, this.#secret, 'c e traffic', transcriptHash);
  }

  /**
   * Goes on with the shared secret of the key exchange, which is wiped; nothing is left here.
   * @param transcriptHash of ClientHello...ServerHello
   */
  enterHandshake(sharedSecret: Uint8Array, transcriptHash: Uint8Array): HandshakeKeySchedule {
    const secret = this.#secret;
    this.#secret = NOTHING;
    wipe(this.#binderKey);
    const crypto = this.#crypto;
    return HandshakeKeySchedule.enter(crypto, this.hash, secret, sharedSecret, transcriptHash);
  }

  wipe(): void {
    wipe(this.#secret, this.#binderKey);
  }
}

/** Handshake Secret: from the Early Secret and the shared secret of the key exchange. */
export class HandshakeKeySchedule {
  /** The traffic secrets of both sides. */
  readonly clientSecret: Uint8Array;
  readonly serverSecret: Uint8Array;
  readonly #crypto: CryptoProvider;
  readonly #hash: HashName;
  #secret: Uint8Array;

  private constructor(
    crypto: CryptoProvider,
    hash: HashName,
    secret: Uint8Array,
    clientSecret: Uint8Array,
    serverSecret: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#hash = hash;
    this.#secret = secret;
    this.clientSecret = clientSecret;
    this.serverSecret = serverSecret;
  }

  /** Takes over `secret`, that of the stage before. */
  static enter(
    crypto: CryptoProvider,
    hash: HashName,
    secret: Uint8Array,
    sharedSecret: Uint8Array,
    transcriptHash: Uint8Array,
  ): HandshakeKeySchedule {
    const derived = crypto.advanceKeySchedule(
      hash,
      'handshake',
      secret,
      sharedSecret,
      transcriptHash,
    );
    wipe(sharedSecret);
    const [client, server] = derived as [Uint8Array, Uint8Array];
    return new HandshakeKeySchedule(crypto, hash, secret, client, server);
  }

  /** The verify_data of this side's Finished. RFC 9846 §4.5.3 */
  verifyData(side: Side, transcriptHash: Uint8Array): Uint8Array {
    const baseKey = side === 'client' ? this.clientSecret : this.serverSecret;
    return this.#crypto.finishedMac(this.#hash, baseKey, transcriptHash);
  }

  /**
   * Only the traffic secrets are left here.
   * @param transcriptHash of ClientHello...server Finished
   */
  enterApplication(transcriptHash: Uint8Array): ApplicationKeySchedule {
    const secret = this.#secret;
    this.#secret = NOTHING;
    return ApplicationKeySchedule.enter(this.#crypto, this.#hash, secret, transcriptHash);
  }

  wipe(): void {
    wipe(this.#secret, this.clientSecret, this.serverSecret);
  }
}

/** Main Secret. */
export class ApplicationKeySchedule {
  readonly #crypto: CryptoProvider;
  readonly #hash: HashName;
  readonly #secret: Uint8Array;
  #clientSecret: Uint8Array;
  #serverSecret: Uint8Array;

  private constructor(
    crypto: CryptoProvider,
    hash: HashName,
    secret: Uint8Array,
    clientSecret: Uint8Array,
    serverSecret: Uint8Array,
  ) {
    this.#crypto = crypto;
    this.#hash = hash;
    this.#secret = secret;
    this.#clientSecret = clientSecret;
    this.#serverSecret = serverSecret;
  }

  /** Takes over `secret`, that of the stage before. */
  static enter(
    crypto: CryptoProvider,
    hash: HashName,
    secret: Uint8Array,
    transcriptHash: Uint8Array,
  ): ApplicationKeySchedule {
    const derived = crypto.advanceKeySchedule(
      hash,
      'application',
      secret,
      ZEROS[hash],
      transcriptHash,
    );
    const [client, server] = derived as [Uint8Array, Uint8Array];
    return new ApplicationKeySchedule(crypto, hash, secret, client, server);
  }

  /** The first traffic secret of a side, which stays here. */
  trafficSecret(side: Side): Uint8Array {
    return side === 'client' ? this.#clientSecret : this.#serverSecret;
  }

  /** Hands the first traffic secret of a side over: whoever takes it wipes it. */
  takeTrafficSecret(side: Side): Uint8Array {
    const secret = this.trafficSecret(side);
    if (side === 'client') this.#clientSecret = NOTHING;
    else this.#serverSecret = NOTHING;
    return secret;
  }

  /** @param transcriptHash of ClientHello...server Finished */
  exporterSecret(transcriptHash: Uint8Array): Uint8Array {
    return derive(this.#crypto, this.#hash, this.#secret, 'exp master', transcriptHash);
  }

  /** @param transcriptHash of ClientHello...client Finished */
  resumptionSecret(transcriptHash: Uint8Array): Uint8Array {
    return derive(this.#crypto, this.#hash, this.#secret, 'res master', transcriptHash);
  }

  wipe(): void {
    wipe(this.#secret, this.#clientSecret, this.#serverSecret);
  }
}

/** The PSK of one ticket. RFC 9846 §4.7.1 */
export function resumptionPsk(
  crypto: CryptoProvider,
  hash: HashName,
  resumptionSecret: Uint8Array,
  ticketNonce: Uint8Array,
): Uint8Array {
  return derive(crypto, hash, resumptionSecret, 'resumption', ticketNonce);
}

/** HKDF-Expand-Label to one hash; Derive-Secret, where `context` is the hash of the messages. */
function derive(
  crypto: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(crypto, hash, secret, label, context, HASH_LENGTH[hash]);
}

const NOTHING = new Uint8Array(0);
