import type { CryptoProvider } from '@mpquic/crypto';
import {
  AlgorithmType,
  type DerivationStep,
  deriveAlgorithmKey,
  deriveKAmfPrime,
  type KAmfDirection,
} from '@mpquic/keys';
import { NasSecurityContext, type SecurityCapability, type SelectedAlgorithms } from '@mpquic/nas';
import type { EventSink } from '@mpquic/service';
import { wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';

/** What a security context is made of. */
export interface SecurityContextParameters {
  readonly ngKsi: number;
  /** 32 octets; taken over, and wiped with the context. */
  readonly kAmf: Uint8Array;
  /** 32 octets, kept only where the configured solution starts from it. */
  readonly kSeaf: Uint8Array | undefined;
  readonly algorithms: SelectedAlgorithms;
}

/**
 * A 5G NAS security context of the AMF: K_AMF, the NAS keys and the NAS COUNTs of both accesses under
 * it. TS 33.501 §6.3.2
 */
export class AmfSecurityContext {
  readonly ngKsi: number;
  readonly kAmf: Uint8Array;
  readonly kSeaf: Uint8Array | undefined;
  readonly nas: NasSecurityContext;
  #disposed = false;

  constructor(
    crypto: CryptoProvider,
    events: EventSink,
    { ngKsi, kAmf, kSeaf, algorithms }: SecurityContextParameters,
  ) {
    this.ngKsi = ngKsi;
    this.kAmf = kAmf;
    this.kSeaf = kSeaf;
    const { nasEncryption, nasIntegrity } = AlgorithmType;
    const encryption = deriveAlgorithmKey(crypto, kAmf, nasEncryption, algorithms.encryption);
    const integrity = deriveAlgorithmKey(crypto, kAmf, nasIntegrity, algorithms.integrity);
    recordSteps(events, 'amf', [encryption, integrity]);
    this.nas = new NasSecurityContext({
      provider: crypto,
      role: 'network',
      algorithms,
      encryptionKey: encryption.value,
      integrityKey: integrity.value,
    });
    wipe(encryption.value, integrity.value);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Overwrites all keys; no message is protected with them any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.nas.dispose();
    wipe(this.kAmf);
    if (this.kSeaf !== undefined) wipe(this.kSeaf);
  }
}

/** K_AMF' for a context that replaces `context`. TS 33.501 A.13, §6.9.3 */
export function horizontalKAmf(
  crypto: CryptoProvider,
  context: AmfSecurityContext,
  direction: KAmfDirection,
  nasCount: number,
): DerivationStep {
  return deriveKAmfPrime(crypto, context.kAmf, direction, nasCount);
}

/**
 * The first algorithms of the operator's preference that the UE supports, or undefined where there are
 * none. TS 33.501 §5.11.1
 */
export function selectAlgorithms(
  preferred: { readonly integrity: readonly number[]; readonly encryption: readonly number[] },
  capability: SecurityCapability,
): SelectedAlgorithms | undefined {
  const supported = (bits: number) => (algorithm: number) => (bits & (0x80 >>> algorithm)) !== 0;
  const integrity = preferred.integrity.find(supported(capability.integrity));
  const encryption = preferred.encryption.find(supported(capability.encryption));
  if (integrity === undefined || encryption === undefined) return undefined;
  return { integrity, encryption };
}
