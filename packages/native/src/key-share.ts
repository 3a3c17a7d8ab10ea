import { InvalidKeyShare, type KeyShare } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { Handle, NativeAddon } from './addon.ts';
import { GROUP_INDEX, SHARE_LENGTH } from './algorithm-index.ts';
import { ForgottenHandles, type HandleGroup, NO_HANDLE, settle } from './forgotten-handles.ts';
import { SCRATCH_LENGTH, type Scratch } from './scratch.ts';

type NativeGroup = keyof typeof GROUP_INDEX;

/** Makes key pairs whose private key never leaves the addon. RFC 9846 §7.4.2 */
export class NativeKeyShares {
  readonly #addon: NativeAddon;
  readonly #scratch: Scratch;
  /** Key pairs of handshakes that never came to an end. */
  readonly #forgotten: ForgottenHandles;

  constructor(addon: NativeAddon, scratch: Scratch) {
    this.#addon = addon;
    this.#scratch = scratch;
    this.#forgotten = new ForgottenHandles((share) => addon.releaseKeyShare(share));
  }

  generate(group: NativeGroup): KeyShare {
    const handle = this.#addon.generateKeyShare(this.#scratch.memory, GROUP_INDEX[group]);
    const publicKey = this.#scratch.read(SHARE_LENGTH[group]);
    return new NativeKeyShare(this, group, publicKey, handle, this.#forgotten.add(handle));
  }

  /** The addon drops the key pair, whatever comes of it. */
  agree(group: NativeGroup, handle: Handle, peerPublicKey: Uint8Array): Uint8Array {
    const { memory } = this.#scratch;
    if (peerPublicKey.length <= SCRATCH_LENGTH) memory.set(peerPublicKey);
    const length = this.#addon.agree(
      memory,
      handle,
      Math.min(peerPublicKey.length, SCRATCH_LENGTH),
    );
    if (length < 0) throw new InvalidKeyShare(`not a public key of ${group}`);
    return this.#scratch.take(length);
  }
}

class NativeKeyShare implements KeyShare {
  readonly group: NativeGroup;
  readonly publicKey: Uint8Array;
  readonly #shares: NativeKeyShares;
  readonly #watched: HandleGroup;
  #handle: Handle;

  constructor(
    shares: NativeKeyShares,
    group: NativeGroup,
    publicKey: Uint8Array,
    handle: Handle,
    watched: HandleGroup,
  ) {
    this.#shares = shares;
    this.group = group;
    this.publicKey = publicKey;
    this.#handle = handle;
    this.#watched = watched;
  }

  agree(peerPublicKey: Uint8Array): Uint8Array {
    const handle = this.#handle;
    if (handle === NO_HANDLE) throw new UsageError('a key share is used once');
    this.#handle = NO_HANDLE;
    settle(this.#watched, handle);
    return this.#shares.agree(this.group, handle, peerPublicKey);
  }
}
