import { InvalidKeyShare, type KeyShare } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { Handle, NativeAddon } from './addon.ts';
import { GROUP_INDEX, SHARE_LENGTH } from './algorithm-index.ts';
import { SCRATCH_LENGTH, type Scratch } from './scratch.ts';

/** Makes key pairs whose private key never leaves the addon. RFC 9846 §7.4.2 */
export class NativeKeyShares {
  readonly #addon: NativeAddon;
  readonly #scratch: Scratch;
  /** Key pairs of handshakes that never came to an end. */
  readonly #forgotten: FinalizationRegistry<Handle>;

  constructor(addon: NativeAddon, scratch: Scratch) {
    this.#addon = addon;
    this.#scratch = scratch;
    this.#forgotten = new FinalizationRegistry((share) => addon.releaseKeyShare(share));
  }

  generate(group: keyof typeof GROUP_INDEX): KeyShare {
    const handle = this.#addon.generateKeyShare(this.#scratch.memory, GROUP_INDEX[group]);
    const publicKey = this.#scratch.read(SHARE_LENGTH[group]);
    const share = new NativeKeyShare(group, publicKey, (own, peer) =>
      this.#agree(own, handle, peer),
    );
    this.#forgotten.register(share, handle, share);
    return share;
  }

  #agree(share: NativeKeyShare, handle: Handle, peerPublicKey: Uint8Array): Uint8Array {
    this.#forgotten.unregister(share);
    const { memory } = this.#scratch;
    if (peerPublicKey.length <= SCRATCH_LENGTH) memory.set(peerPublicKey);
    const length = this.#addon.agree(
      memory,
      handle,
      Math.min(peerPublicKey.length, SCRATCH_LENGTH),
    );
    if (length < 0) throw new InvalidKeyShare(`not a public key of ${share.group}`);
    return this.#scratch.take(length);
  }
}

class NativeKeyShare implements KeyShare {
  readonly group: keyof typeof GROUP_INDEX;
  readonly publicKey: Uint8Array;
  #agree: ((share: NativeKeyShare, peerPublicKey: Uint8Array) => Uint8Array) | undefined;

  constructor(
    group: keyof typeof GROUP_INDEX,
    publicKey: Uint8Array,
    agree: (share: NativeKeyShare, peerPublicKey: Uint8Array) => Uint8Array,
  ) {
    this.group = group;
    this.publicKey = publicKey;
    this.#agree = agree;
  }

  agree(peerPublicKey: Uint8Array): Uint8Array {
    const agree = this.#agree;
    if (agree === undefined) throw new UsageError('a key share is used once');
    this.#agree = undefined;
    return agree(this, peerPublicKey);
  }
}
