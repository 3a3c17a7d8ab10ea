import {
  AEAD_IV_LENGTH,
  AEAD_KEY_LENGTH,
  AEAD_TAG_LENGTH,
  type AeadName,
  HASH_LENGTH,
  type HashName,
  type PacketKeyDerivation,
  type PacketKeys,
  type PacketOpener,
  type PacketSealer,
} from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { Handle, NativeAddon } from './addon.ts';
import { AEAD_INDEX, HASH_INDEX } from './algorithm-index.ts';
import { ForgottenHandles, type HandleGroup, NO_HANDLE, settle } from './forgotten-handles.ts';
import type { Scratch } from './scratch.ts';

const Direction = { seal: 0, open: 1 } as const;
type Direction = (typeof Direction)[keyof typeof Direction];

/** Makes keys of packet protection inside the addon. */
export class NativePacketProtection {
  readonly #addon: NativeAddon;
  readonly #scratch: Scratch;
  /** Keys whose owner forgot to dispose of them. */
  readonly #forgotten: ForgottenHandles;

  constructor(addon: NativeAddon, scratch: Scratch) {
    this.#addon = addon;
    this.#scratch = scratch;
    this.#forgotten = new ForgottenHandles((keys) => addon.releaseKeys(keys));
  }

  createSealer(keys: PacketKeys): PacketSealer {
    return this.#sealer(this.#install(Direction.seal, keys));
  }

  createOpener(keys: PacketKeys): PacketOpener {
    return this.#opener(this.#install(Direction.open, keys));
  }

  deriveSealer(
    derivation: PacketKeyDerivation,
    secret: Uint8Array,
    like?: PacketSealer,
  ): PacketSealer {
    const sibling = like instanceof NativePacketSealer ? like.handle : NO_HANDLE;
    return this.#sealer(this.#derive(Direction.seal, derivation, secret, sibling));
  }

  deriveOpener(
    derivation: PacketKeyDerivation,
    secret: Uint8Array,
    like?: PacketOpener,
  ): PacketOpener {
    const sibling = like instanceof NativePacketOpener ? like.handle : NO_HANDLE;
    return this.#opener(this.#derive(Direction.open, derivation, secret, sibling));
  }

  #install(direction: Direction, keys: PacketKeys): Handle {
    const length = checkedKeyLength(keys);
    const { memory } = this.#scratch;
    memory.set(keys.key);
    memory.set(keys.iv, length);
    memory.set(keys.headerProtectionKey, length + AEAD_IV_LENGTH);
    return this.#addon.createKeys(memory, direction, AEAD_INDEX[keys.aead]);
  }

  #derive(
    direction: Direction,
    derivation: PacketKeyDerivation,
    secret: Uint8Array,
    sibling: Handle,
  ): Handle {
    const { aead, hash, keyLabel, ivLabel, headerProtectionLabel } = derivation;
    checkSecret(hash, secret);
    const { memory } = this.#scratch;
    memory.set(secret);
    return this.#addon.deriveKeys(
      memory,
      direction,
      AEAD_INDEX[aead],
      HASH_INDEX[hash],
      keyLabel,
      ivLabel,
      headerProtectionLabel,
      sibling,
    );
  }

  #sealer(keys: Handle): PacketSealer {
    return new NativePacketSealer(this.#addon, keys, this.#forgotten.add(keys));
  }

  #opener(keys: Handle): PacketOpener {
    return new NativePacketOpener(this.#addon, keys, this.#forgotten.add(keys));
  }
}

class NativePacketSealer implements PacketSealer {
  handle: Handle;
  readonly #addon: NativeAddon;
  readonly #group: HandleGroup;

  constructor(addon: NativeAddon, handle: Handle, group: HandleGroup) {
    this.#addon = addon;
    this.#group = group;
    this.handle = handle;
  }

  seal(buffer: Uint8Array, table: Int32Array, count: number): void {
    this.#addon.seal(this.handle, buffer, table, count);
  }

  copyPieces(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void {
    this.#addon.copyPieces(buffer, sources, pieces, count);
  }

  dispose(): void {
    if (this.handle === NO_HANDLE) return;
    settle(this.#group, this.handle);
    this.#addon.releaseKeys(this.handle);
    this.handle = NO_HANDLE;
  }
}

/** Opens packets where they stand: the plaintext takes the place of the ciphertext. */
class NativePacketOpener implements PacketOpener {
  handle: Handle;
  output: Uint8Array = NOTHING;
  outputOffset = 0;
  readonly outputIsOwned = false;
  readonly #addon: NativeAddon;
  readonly #group: HandleGroup;

  constructor(addon: NativeAddon, handle: Handle, group: HandleGroup) {
    this.#addon = addon;
    this.#group = group;
    this.handle = handle;
  }

  unmask(buffer: Uint8Array, offset: number, packetNumberOffset: number): void {
    if (this.handle === NO_HANDLE) return;
    this.#addon.unmask(this.handle, buffer, offset, packetNumberOffset);
  }

  open(
    buffer: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    pathId: number,
    packetNumber: number,
  ): number {
    this.output = NOTHING;
    if (this.handle === NO_HANDLE) return -1;
    const opened = this.#addon.open(
      this.handle,
      buffer,
      offset,
      headerLength,
      length,
      pathId,
      packetNumber,
    );
    if (opened >= 0) {
      this.output = buffer;
      this.outputOffset = offset + headerLength;
    }
    return opened;
  }

  openShort(
    buffer: Uint8Array,
    offset: number,
    packetNumberOffset: number,
    length: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): number {
    if (this.handle === NO_HANDLE) return -1;
    const opened = this.#addon.openShort(
      this.handle,
      buffer,
      offset,
      packetNumberOffset,
      length,
      pathId,
      largestReceived,
      keyPhase,
    );
    this.output = buffer;
    this.outputOffset = offset + length - AEAD_TAG_LENGTH - opened;
    return opened;
  }

  openRun(
    buffer: Uint8Array,
    offset: number,
    segmentSize: number,
    end: number,
    connectionIdLength: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
    results: Float64Array,
  ): number {
    if (this.handle === NO_HANDLE) return 0;
    return this.#addon.openRun(
      this.handle,
      buffer,
      offset,
      segmentSize,
      end,
      connectionIdLength,
      pathId,
      largestReceived,
      keyPhase,
      results,
    );
  }

  copyPieces(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void {
    this.#addon.copyPieces(buffer, sources, pieces, count);
  }

  dispose(): void {
    this.output = NOTHING;
    if (this.handle === NO_HANDLE) return;
    settle(this.#group, this.handle);
    this.#addon.releaseKeys(this.handle);
    this.handle = NO_HANDLE;
  }
}

/** @throws {UsageError} where one of the keys has a wrong length */
function checkedKeyLength({ aead, key, iv, headerProtectionKey }: PacketKeys): number {
  const length: number = AEAD_KEY_LENGTH[aead satisfies AeadName];
  if (key.length !== length || headerProtectionKey.length !== length) {
    throw new UsageError(`keys of ${aead} have ${length} octets`);
  }
  if (iv.length !== AEAD_IV_LENGTH) throw new UsageError('an IV has 12 octets');
  return length;
}

function checkSecret(hash: HashName, secret: Uint8Array): void {
  const length = HASH_LENGTH[hash];
  if (secret.length !== length) throw new UsageError(`secrets of ${hash} have ${length} octets`);
}

const NOTHING: Uint8Array = new Uint8Array(0);
