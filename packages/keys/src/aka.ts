/** 5G-AKA: the home network's vectors and the USIM's answers. TS 33.501 §6.1.3.2, TS 33.102 §6.3 */
import { concatBytes, UsageError, xorBytes } from '@mpquic/wire';
import type { AkaFunctions } from './aka-functions.ts';
import { deriveHresStar, deriveKAusf, deriveResStar } from './hierarchy.ts';
import type { DerivationStep } from './kdf.ts';
import type { KeyCrypto } from './key-crypto.ts';
import { type SqnWindow, sqnFromOctets, sqnToOctets } from './sequence-number.ts';

/** The authentication management field with the separation bit, which 5G needs. TS 33.102 Annex H */
export const SEPARATION_BIT_AMF: Uint8Array = Uint8Array.of(0x80, 0);

/** AMF of a resynchronisation. TS 33.102 §6.3.3 */
const RESYNCHRONISATION_AMF = Uint8Array.of(0, 0);

/** A 5G HE authentication vector as the UDM makes it, and the K_SEAF-side values of the AUSF. */
export interface AuthenticationVector {
  /** 16 octets. */
  readonly rand: Uint8Array;
  /** (SQN xor AK) || AMF || MAC-A, 16 octets. */
  readonly autn: Uint8Array;
  /** 16 octets. */
  readonly xresStar: Uint8Array;
  /** 16 octets. */
  readonly hxresStar: Uint8Array;
  /** 32 octets. */
  readonly kAusf: Uint8Array;
  /** XRES*, then K_AUSF. */
  readonly steps: readonly DerivationStep[];
}

/**
 * Makes the vector of one challenge.
 * @param sqn from {@link nextSqn}
 * @param rand 16 octets, never used before
 */
export function generateAuthenticationVector(
  crypto: KeyCrypto,
  functions: AkaFunctions,
  sqn: number,
  rand: Uint8Array,
  servingNetworkName: string,
  amf: Uint8Array = SEPARATION_BIT_AMF,
): AuthenticationVector {
  if (rand.length !== 16) throw new UsageError('RAND has 16 octets');
  const { res, ck, ik, ak } = functions.f2345(rand);
  const sqnOctets = sqnToOctets(sqn);
  const sqnXorAk = xorBytes(sqnOctets, ak);
  const xresStar = deriveResStar(crypto, ck, ik, servingNetworkName, rand, res);
  const kAusf = deriveKAusf(crypto, { ck, ik, sqnXorAk }, servingNetworkName);
  return {
    rand,
    autn: concatBytes(sqnXorAk, amf, functions.f1(rand, sqnOctets, amf)),
    xresStar: xresStar.value,
    hxresStar: deriveHresStar(crypto, rand, xresStar.value),
    kAusf: kAusf.value,
    steps: [{ ...xresStar, name: 'XRES*' }, kAusf],
  };
}

/** What the UE makes of a challenge that it accepts. */
export interface AuthenticationAnswer {
  /** 16 octets. */
  readonly resStar: Uint8Array;
  /** 32 octets. */
  readonly kAusf: Uint8Array;
  /** RES*, then K_AUSF. */
  readonly steps: readonly DerivationStep[];
}

/**
 * Why the UE refuses a challenge: AUTN was not made with its key, lacks the separation bit (5GMM
 * cause 26), or is not fresh - then `auts` (14 octets) tells the network its sequence number.
 */
export class AuthenticationFailure extends Error {
  readonly code = 'AUTHENTICATION_FAILURE';
  override readonly name = 'AuthenticationFailure';
  override readonly cause: 'mac_failure' | 'synch_failure' | 'non_5g_authentication';
  readonly auts: Uint8Array | undefined;

  constructor(cause: AuthenticationFailure['cause'], auts?: Uint8Array) {
    super(`5G-AKA: ${cause}`);
    this.cause = cause;
    this.auts = auts;
  }
}

/**
 * Checks AUTN and answers the challenge, as USIM and ME do together. On success the sequence number
 * counts as used in `window`.
 * @throws {AuthenticationFailure}
 */
export function answerChallenge(
  crypto: KeyCrypto,
  functions: AkaFunctions,
  window: SqnWindow,
  rand: Uint8Array,
  autn: Uint8Array,
  servingNetworkName: string,
): AuthenticationAnswer {
  if (rand.length !== 16 || autn.length !== 16) throw new AuthenticationFailure('mac_failure');
  const { res, ck, ik, ak } = functions.f2345(rand);
  const sqnXorAk = autn.slice(0, 6);
  const amf = autn.slice(6, 8);
  const sqn = xorBytes(sqnXorAk, ak);
  if (!crypto.equal(functions.f1(rand, sqn, amf), autn.slice(8))) {
    throw new AuthenticationFailure('mac_failure');
  }
  // TS 33.501 §6.1.3.2.0: the ME checks that the separation bit is 1.
  if (((amf[0] as number) & 0x80) === 0) throw new AuthenticationFailure('non_5g_authentication');
  if (!window.accept(sqnFromOctets(sqn))) {
    const auts = resynchronisationToken(functions, rand, window.highest);
    throw new AuthenticationFailure('synch_failure', auts);
  }
  const resStar = deriveResStar(crypto, ck, ik, servingNetworkName, rand, res);
  const kAusf = deriveKAusf(crypto, { ck, ik, sqnXorAk }, servingNetworkName);
  return { resStar: resStar.value, kAusf: kAusf.value, steps: [resStar, kAusf] };
}

/** AUTS = (SQN_MS xor AK*) || MAC-S, 14 octets with a MAC of 8. TS 33.102 §6.3.3 */
export function resynchronisationToken(
  functions: AkaFunctions,
  rand: Uint8Array,
  sqnMs: number,
): Uint8Array {
  const sqn = sqnToOctets(sqnMs);
  return concatBytes(
    xorBytes(sqn, functions.f5Star(rand)),
    functions.f1Star(rand, sqn, RESYNCHRONISATION_AMF),
  );
}

/**
 * The sequence number of the UE that a genuine AUTS for this `rand` tells. TS 33.102 §6.3.5
 * @throws {AuthenticationFailure} `mac_failure` where MAC-S is wrong
 */
export function verifyResynchronisation(
  crypto: KeyCrypto,
  functions: AkaFunctions,
  rand: Uint8Array,
  auts: Uint8Array,
): number {
  if (auts.length !== 14) throw new AuthenticationFailure('mac_failure');
  const sqnMs = xorBytes(auts.slice(0, 6), functions.f5Star(rand));
  const macS = functions.f1Star(rand, sqnMs, RESYNCHRONISATION_AMF);
  if (!crypto.equal(macS, auts.slice(6))) throw new AuthenticationFailure('mac_failure');
  return sqnFromOctets(sqnMs);
}
