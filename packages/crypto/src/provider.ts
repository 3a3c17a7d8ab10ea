import type { Random } from '@mpquic/wire';

export type HashName = 'sha256' | 'sha384';
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
export type GroupName = 'x25519' | 'secp256r1' | 'secp384r1';

/** Octets of a hash value. */
export const HASH_LENGTH: { readonly [H in HashName]: number } = { sha256: 32, sha384: 48 };

/** Octets of an AEAD key and of its header protection key; every IV has 12 octets, every tag 16. */
export const AEAD_KEY_LENGTH: { readonly [A in AeadName]: number } = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
};
export const AEAD_IV_LENGTH = 12;
export const AEAD_TAG_LENGTH = 16;

/** An ephemeral key pair of one (EC)DHE exchange, used once. */
export interface KeyShare {
  readonly group: GroupName;
  /** As it stands in `KeyShareEntry.key_exchange`: 32 octets, or an uncompressed point of 65 or 97. */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret with the peer's share (32 or 48 octets); the private key is gone afterwards.
   * @throws {InvalidKeyShare} on a point that is off the curve, of wrong length, or of low order
   */
  agree(peerPublicKey: Uint8Array): Uint8Array;
}

/** The keys of one direction of packet protection. RFC 9001 §5.1 */
export interface PacketKeys {
  readonly aead: AeadName;
  /** 16 or 32 octets. */
  readonly key: Uint8Array;
  /** 12 octets. */
  readonly iv: Uint8Array;
  /** Header protection key, as long as `key`; a key update leaves it unchanged. */
  readonly headerProtectionKey: Uint8Array;
}

/** How packet keys derive from a traffic secret: labels of HKDF-Expand-Label, without "tls13 ". RFC 9001 §5.1 */
export interface PacketKeyDerivation {
  readonly aead: AeadName;
  readonly hash: HashName;
  /** ASCII, as the other two: at most 32 octets. */
  readonly keyLabel: string;
  readonly ivLabel: string;
  readonly headerProtectionLabel: string;
}

/**
 * The secrets of TLS 1.3's key schedule, in its order, with the labels of what is derived from each at once. The first one
 * has four forms, for the kinds of PSK have binder keys of their own. RFC 9846 §7.1
 */
export const KEY_SCHEDULE_STEPS = {
  /** Early Secret without a PSK. */
  noPsk: { first: true, labels: [] },
  externalPsk: { first: true, labels: ['ext binder'] },
  importedPsk: { first: true, labels: ['imp binder'] },
  resumptionPsk: { first: true, labels: ['res binder'] },
  /** Handshake Secret. */
  handshake: { first: false, labels: ['c hs traffic', 's hs traffic'] },
  /** Main Secret. */
  application: { first: false, labels: ['c ap traffic', 's ap traffic'] },
} as const;
export type KeyScheduleStep = keyof typeof KEY_SCHEDULE_STEPS;

/** Columns of one row of {@link PacketSealer.seal}'s table. */
export const SealColumn = {
  /** Where the packet starts in the buffer. */
  offset: 0,
  /** Octets of the header, packet number included. */
  headerLength: 1,
  /** 1 to 4. */
  packetNumberLength: 2,
  /** Octets of plaintext behind the header; 16 octets of room for the tag lie behind it. */
  payloadLength: 3,
  pathId: 4,
  /** The packet number's lower 32 bits. */
  packetNumberLow: 5,
  /** The packet number's upper 30 bits. */
  packetNumberHigh: 6,
} as const;
export const SEAL_ROW_LENGTH = 8;

/** Columns of one row of {@link PacketSealer.copyPieces}' table. */
export const PieceColumn = {
  /** Index of the source. */
  source: 0,
  /** Where the octets start in it. */
  from: 1,
  /** Where they go in the buffer. */
  to: 2,
  length: 3,
} as const;
export const PIECE_ROW_LENGTH = 4;

/**
 * Protects outgoing packets under one set of keys. The nonce is
 * IV xor (path ID (32) || 00 || packet number (62)), which for path 0 is that of RFC 9001 §5.3 (MP-21 §2.4).
 */
export interface PacketSealer {
  /**
   * Encrypts `count` packets in place and applies header protection (RFC 9001 §5.4), so that a whole
   * run of packets takes one call. Row i stands at `table[i * SEAL_ROW_LENGTH]`.
   */
  seal(buffer: Uint8Array, table: Int32Array, count: number): void;
  /**
   * Copies octets into packets that are to be sealed next, where an implementation does so without a view for each piece.
   * Row i of `pieces`, at `i * PIECE_ROW_LENGTH`, tells what of which source goes where.
   */
  copyPieces?(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void;
  /** Wipes the keys; no call may follow. */
  dispose(): void;
}

/** What {@link PacketOpener.openShort} returns for a packet that other keys open. */
export const OTHER_KEY_PHASE = -2;

/** Opens incoming packets under one set of keys. */
export interface PacketOpener {
  /**
   * Removes header protection in place (RFC 9001 §5.4): the first octet and the packet number of the
   * packet that starts at `offset`. The caller has checked that 4 + 16 octets follow `packetNumberOffset`.
   */
  unmask(buffer: Uint8Array, offset: number, packetNumberOffset: number): void;
  /**
   * Decrypts the packet of `length` octets at `offset`, whose unprotected header takes
   * `headerLength` of them. Returns the length of the plaintext, or -1 where authentication fails.
   * The plaintext stands at {@link outputOffset} of {@link output}.
   */
  open(
    buffer: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    pathId: number,
    packetNumber: number,
  ): number;
  /**
   * Both for the 1-RTT packet of `length` octets at `offset`, where an implementation does it in one go; the octets of
   * the packet number that are left out follow from `largestReceived`, that on the path or -1 (RFC 9000 §A.3). Returns the
   * length of the plaintext, -1 where authentication fails, or {@link OTHER_KEY_PHASE} where the Key Phase bit is not
   * `keyPhase`: then only the header is unmasked.
   */
  openShort?(
    buffer: Uint8Array,
    offset: number,
    packetNumberOffset: number,
    length: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): number;
  /**
   * {@link openShort} for packets one behind the other from `offset` to `end`, each of `segmentSize` octets but the last, in
   * place: as far as they are 1-RTT packets to one connection ID, up to the first of another key phase. Writes for each
   * packet what {@link openShort} returns and its packet number to `results`; returns how many that are.
   * `connectionIdLength` counts the octets between the first one and the packet number.
   */
  openRun?(
    buffer: Uint8Array,
    offset: number,
    segmentSize: number,
    end: number,
    connectionIdLength: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
    results: Float64Array,
  ): number;
  /** As {@link PacketSealer.copyPieces}, out of packets that were opened; there where {@link openRun} is. */
  copyPieces?(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void;
  /** Where the last plaintext is, until any opener of the provider opens another one: the input buffer itself, or a buffer of its own. */
  readonly output: Uint8Array;
  readonly outputOffset: number;
  /** Whether {@link output} is new with every packet, so that views of it may be kept without a copy. */
  readonly outputIsOwned: boolean;
  dispose(): void;
}

/** Signature schemes of TLS 1.3. RFC 9846 §4.3.3 */
export type SignatureScheme =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ed25519'
  | 'rsa_pss_rsae_sha256'
  | 'rsa_pss_rsae_sha384'
  | 'rsa_pss_rsae_sha512';

/** A running hash that can be read at any point, as the TLS transcript needs. */
export interface RunningHash {
  /** The octets stay unchanged until the last {@link digest}. */
  update(bytes: Uint8Array): void;
  /** The hash of all so far; more may follow. */
  digest(): Uint8Array;
}

/** All cryptography that the protocol packages use. Replaceable as a whole; nothing is ambient. */
export interface CryptoProvider {
  readonly name: string;
  readonly random: Random;
  hash(hash: HashName, bytes: Uint8Array): Uint8Array;
  runningHash(hash: HashName): RunningHash;
  /** The first `length` octets of the HMAC, all when absent. RFC 2104 §5 */
  hmac(hash: HashName, key: Uint8Array, bytes: Uint8Array, length?: number): Uint8Array;
  /**
   * One step of the key schedule. `secret`, as long as the hash, holds the secret before, or zeros before the first step;
   * in its place comes HKDF-Extract(Derive-Secret(secret, "derived", ""), input). Returns Derive-Secret of that one for each
   * label of the step, where `context` is the hash of the messages. RFC 9846 §7.1
   */
  advanceKeySchedule(
    hash: HashName,
    step: KeyScheduleStep,
    secret: Uint8Array,
    input: Uint8Array,
    context: Uint8Array,
  ): readonly Uint8Array[];
  /** What Finished and a PSK binder prove their base key by. RFC 9846 §4.3.11.2, §4.5.3 */
  finishedMac(hash: HashName, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array;
  /** In constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  generateKeyShare(group: GroupName): KeyShare;
  createSealer(keys: PacketKeys): PacketSealer;
  createOpener(keys: PacketKeys): PacketOpener;
  /**
   * From a traffic secret, as long as the hash, to installed keys in one step; the caller wipes the secret. With
   * `headerProtectionOf`, not disposed of yet, the header protection is that of the key phase before (RFC 9001 §6.1).
   */
  deriveSealer(
    derivation: PacketKeyDerivation,
    secret: Uint8Array,
    headerProtectionOf?: PacketSealer,
  ): PacketSealer;
  deriveOpener(
    derivation: PacketKeyDerivation,
    secret: Uint8Array,
    headerProtectionOf?: PacketOpener,
  ): PacketOpener;
  /** Plain AEAD, for Retry tags and tickets; returns ciphertext || tag. */
  aeadSeal(
    aead: AeadName,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array;
  /** `undefined` where authentication fails. */
  aeadOpen(
    aead: AeadName,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
  /** One 16-octet block, for Milenage. Key of 16 or 32 octets. */
  aesEncryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array;
  /** AES-CBC of whole 16-octet blocks, without padding: the last block is the CBC-MAC of AES-CMAC. */
  aesCbc(key: Uint8Array, initializationVector: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** AES-CTR with a 16-octet initial counter block; encryption and decryption are the same. */
  aesCtr(key: Uint8Array, counter: Uint8Array, bytes: Uint8Array): Uint8Array;
}

/** The peer's key share is not a valid public key of its group. */
export class InvalidKeyShare extends Error {
  readonly code = 'INVALID_KEY_SHARE';
  override readonly name = 'InvalidKeyShare';
}
