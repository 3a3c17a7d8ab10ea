import type { CryptoProvider } from '@mpquic/crypto';
import { AlgorithmType, type DerivationStep, deriveAlgorithmKey } from '@mpquic/keys';
import {
  type Access,
  type NasCounts,
  NasSecurityContext,
  type SelectedAlgorithms,
} from '@mpquic/nas';
import { wipe } from '@mpquic/wire';

/** Keys that an authentication or a horizontal derivation left at the UE. */
export interface UeKeys {
  /** 0 to 6. */
  readonly ngKsi: number;
  /** 32 octets. */
  readonly kAmf: Uint8Array;
  /** 32 octets; kept because solutions may start from it. */
  readonly kSeaf: Uint8Array | undefined;
}

/** A 5G security context of the UE: partial until a Security Mode Command names algorithms. TS 33.501 §3.1 */
export class UeSecurityContext {
  readonly ngKsi: number;
  readonly kAmf: Uint8Array;
  readonly kSeaf: Uint8Array | undefined;
  #nas: NasSecurityContext | undefined;

  constructor({ ngKsi, kAmf, kSeaf }: UeKeys) {
    this.ngKsi = ngKsi;
    this.kAmf = kAmf;
    this.kSeaf = kSeaf;
  }

  /** Undefined while the context is partial. */
  get nas(): NasSecurityContext | undefined {
    return this.#nas;
  }

  /** NAS protection with these algorithms; it replaces what was in use by {@link adopt} only. */
  prepare(
    crypto: CryptoProvider,
    algorithms: SelectedAlgorithms,
    record: (steps: readonly DerivationStep[]) => void,
  ): NasSecurityContext {
    const { nasEncryption, nasIntegrity } = AlgorithmType;
    const encryption = deriveAlgorithmKey(crypto, this.kAmf, nasEncryption, algorithms.encryption);
    const integrity = deriveAlgorithmKey(crypto, this.kAmf, nasIntegrity, algorithms.integrity);
    record([encryption, integrity]);
    const counts: { readonly [A in Access]: NasCounts } | undefined = this.#nas?.counts;
    const nas = new NasSecurityContext({
      provider: crypto,
      role: 'ue',
      algorithms,
      encryptionKey: encryption.value,
      integrityKey: integrity.value,
      // COUNTs are never reset under one K_AMF. TS 33.501 §6.4.5
      ...(counts === undefined ? {} : { counts }),
    });
    wipe(encryption.value, integrity.value);
    return nas;
  }

  /** Takes prepared protection into use. */
  adopt(nas: NasSecurityContext): void {
    this.#nas?.dispose();
    this.#nas = nas;
  }

  /** Overwrites the keys. */
  dispose(): void {
    this.#nas?.dispose();
    wipe(this.kAmf);
    if (this.kSeaf !== undefined) wipe(this.kSeaf);
  }
}
