/**
 * The key hierarchy of TS 33.501 Annex A. Every function returns the step with its S octets, so that
 * a person can follow it; `value` is the key.
 */
import { concatBytes } from '@mpquic/wire';
import {
  type DerivationStep,
  deriveKey,
  integerParameter,
  nasCountParameter,
  stringParameter,
} from './kdf.ts';
import type { KeyCrypto } from './key-crypto.ts';
import { supiForDerivation } from './supi.ts';

/** CK, IK (16 octets each) and SQN xor AK (6 octets) of one authentication vector. */
export interface AkaMaterial {
  readonly ck: Uint8Array;
  readonly ik: Uint8Array;
  readonly sqnXorAk: Uint8Array;
}

/** K_AUSF of 5G AKA, 32 octets. TS 33.501 A.2 */
export function deriveKAusf(
  crypto: KeyCrypto,
  { ck, ik, sqnXorAk }: AkaMaterial,
  servingNetworkName: string,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'K_AUSF',
    clause: 'TS 33.501 A.2',
    keyName: 'CK || IK',
    key: concatBytes(ck, ik),
    fc: 0x6a,
    parameters: [
      stringParameter('serving network name', servingNetworkName),
      { name: 'SQN xor AK', value: sqnXorAk },
    ],
  });
}

/** CK' || IK' of EAP-AKA', 32 octets. TS 33.501 A.3 */
export function deriveCkIkPrime(
  crypto: KeyCrypto,
  { ck, ik, sqnXorAk }: AkaMaterial,
  accessNetworkIdentity: string,
): DerivationStep {
  return deriveKey(crypto, {
    name: "CK' || IK'",
    clause: 'TS 33.501 A.3',
    keyName: 'CK || IK',
    key: concatBytes(ck, ik),
    fc: 0x20,
    parameters: [
      stringParameter('access network identity', accessNetworkIdentity),
      { name: 'SQN xor AK', value: sqnXorAk },
    ],
  });
}

/** RES* in the UE, XRES* in the network, 16 octets. TS 33.501 A.4 */
export function deriveResStar(
  crypto: KeyCrypto,
  ck: Uint8Array,
  ik: Uint8Array,
  servingNetworkName: string,
  rand: Uint8Array,
  res: Uint8Array,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'RES*',
    clause: 'TS 33.501 A.4',
    keyName: 'CK || IK',
    key: concatBytes(ck, ik),
    fc: 0x6b,
    parameters: [
      stringParameter('serving network name', servingNetworkName),
      { name: 'RAND', value: rand },
      { name: 'RES', value: res },
    ],
    take: 'last-128-bits',
  });
}

/** HRES* of RES*, or HXRES* of XRES*: the last 16 octets of SHA-256(RAND || RES*). TS 33.501 A.5 */
export function deriveHresStar(
  crypto: KeyCrypto,
  rand: Uint8Array,
  resStar: Uint8Array,
): Uint8Array {
  return crypto.hash('sha256', concatBytes(rand, resStar)).slice(16);
}

/** K_SEAF, 32 octets. TS 33.501 A.6 */
export function deriveKSeaf(
  crypto: KeyCrypto,
  kAusf: Uint8Array,
  servingNetworkName: string,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'K_SEAF',
    clause: 'TS 33.501 A.6',
    keyName: 'K_AUSF',
    key: kAusf,
    fc: 0x6c,
    parameters: [stringParameter('serving network name', servingNetworkName)],
  });
}

/** ABBA of this version of the security features. TS 33.501 A.7.1 */
export const ABBA: Uint8Array = Uint8Array.of(0, 0);

/** K_AMF, 32 octets. TS 33.501 A.7 */
export function deriveKAmf(
  crypto: KeyCrypto,
  kSeaf: Uint8Array,
  supi: string,
  abba: Uint8Array = ABBA,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'K_AMF',
    clause: 'TS 33.501 A.7',
    keyName: 'K_SEAF',
    key: kSeaf,
    fc: 0x6d,
    parameters: [stringParameter('SUPI', supiForDerivation(supi)), { name: 'ABBA', value: abba }],
  });
}

/** What a key of {@link deriveAlgorithmKey} protects. TS 33.501 A.8 */
export const AlgorithmType = {
  nasEncryption: 1,
  nasIntegrity: 2,
  rrcEncryption: 3,
  rrcIntegrity: 4,
  userPlaneEncryption: 5,
  userPlaneIntegrity: 6,
} as const;
export type AlgorithmType = (typeof AlgorithmType)[keyof typeof AlgorithmType];

const ALGORITHM_KEY_NAMES: { readonly [T in AlgorithmType]: string } = {
  1: 'K_NASenc',
  2: 'K_NASint',
  3: 'K_RRCenc',
  4: 'K_RRCint',
  5: 'K_UPenc',
  6: 'K_UPint',
};

/**
 * The key of one algorithm, 16 octets: from K_AMF for NAS, from K_gNB for RRC and the user plane.
 * @param algorithm identity of the algorithm: 0 null, 1 SNOW 3G, 2 AES, 3 ZUC
 */
export function deriveAlgorithmKey(
  crypto: KeyCrypto,
  key: Uint8Array,
  type: AlgorithmType,
  algorithm: number,
): DerivationStep {
  return deriveKey(crypto, {
    name: ALGORITHM_KEY_NAMES[type],
    clause: 'TS 33.501 A.8',
    keyName: type <= AlgorithmType.nasIntegrity ? 'K_AMF' : 'K_gNB',
    key,
    fc: 0x69,
    parameters: [
      integerParameter('algorithm type distinguisher', type, 1),
      integerParameter('algorithm identity', algorithm, 1),
    ],
    take: 'last-128-bits',
  });
}

/** The access type distinguisher of TS 33.501 A.9, and the BEARER of NAS security (§6.4.2.2). */
export const AccessType = { threeGpp: 1, nonThreeGpp: 2 } as const;
export type AccessType = (typeof AccessType)[keyof typeof AccessType];

/**
 * Stands for the uplink NAS COUNT where a handover changes K_AMF: no message ever has it. TS 33.501 §6.9.2.3.3
 */
export const HANDOVER_COUNT: number = 2 ** 32 - 1;

/** K_gNB over 3GPP access, K_N3IWF over non-3GPP access, 32 octets. TS 33.501 A.9 */
export function deriveKGnb(
  crypto: KeyCrypto,
  kAmf: Uint8Array,
  ulNasCount: number,
  accessType: AccessType = AccessType.threeGpp,
): DerivationStep {
  return deriveKey(crypto, {
    name: accessType === AccessType.threeGpp ? 'K_gNB' : 'K_N3IWF',
    clause: 'TS 33.501 A.9',
    keyName: 'K_AMF',
    key: kAmf,
    fc: 0x6e,
    parameters: [
      ulNasCount === HANDOVER_COUNT
        ? integerParameter('uplink NAS COUNT', ulNasCount, 4)
        : nasCountParameter('uplink NAS COUNT', ulNasCount),
      integerParameter('access type distinguisher', accessType, 1),
    ],
  });
}

/** NH, 32 octets; `syncInput` is K_gNB at first, then the previous NH. TS 33.501 A.10 */
export function deriveNextHop(
  crypto: KeyCrypto,
  kAmf: Uint8Array,
  syncInput: Uint8Array,
): DerivationStep {
  return deriveKey(crypto, {
    name: 'NH',
    clause: 'TS 33.501 A.10',
    keyName: 'K_AMF',
    key: kAmf,
    fc: 0x6f,
    parameters: [{ name: 'SYNC-input', value: syncInput }],
  });
}

/** The cell that a handover goes to. */
export interface TargetCell {
  /** Physical cell identity, 0 to 1007. */
  readonly physicalCellId: number;
  /** ARFCN-DL of a gNB, EARFCN-DL of an ng-eNB; 3 octets. */
  readonly downlinkFrequency: number;
  readonly radio: 'gNB' | 'ng-eNB';
}

/**
 * K_NG-RAN*, 32 octets: horizontally from K_gNB, vertically from an unused NH. The source gNB
 * computes it; the AMF does not learn it. TS 33.501 A.11, A.12, §6.9.2.3.2
 */
export function deriveKNgRanStar(
  crypto: KeyCrypto,
  keyName: 'K_gNB' | 'NH',
  key: Uint8Array,
  { physicalCellId, downlinkFrequency, radio }: TargetCell,
): DerivationStep {
  const gnb = radio === 'gNB';
  return deriveKey(crypto, {
    name: 'K_NG-RAN*',
    clause: gnb ? 'TS 33.501 A.11' : 'TS 33.501 A.12',
    keyName,
    key,
    fc: gnb ? 0x70 : 0x71,
    parameters: [
      integerParameter('PCI', physicalCellId, 2),
      integerParameter(gnb ? 'ARFCN-DL' : 'EARFCN-DL', downlinkFrequency, 3),
    ],
  });
}

/** DIRECTION of the horizontal derivation of K_AMF. TS 33.501 A.13 */
export const KAmfDirection = { idleMobility: 0x00, handover: 0x01 } as const;
export type KAmfDirection = (typeof KAmfDirection)[keyof typeof KAmfDirection];

/**
 * K_AMF', 32 octets: the horizontal derivation at N2 handover (with the downlink NAS COUNT) and at
 * mobility registration (with the uplink one). TS 33.501 A.13
 */
export function deriveKAmfPrime(
  crypto: KeyCrypto,
  kAmf: Uint8Array,
  direction: KAmfDirection,
  nasCount: number,
): DerivationStep {
  return deriveKey(crypto, {
    name: "K_AMF'",
    clause: 'TS 33.501 A.13',
    keyName: 'K_AMF',
    key: kAmf,
    fc: 0x72,
    parameters: [
      integerParameter('DIRECTION', direction, 1),
      nasCountParameter('NAS COUNT', nasCount),
    ],
  });
}
