/** The generic key derivation function of TS 33.220 Annex B.2. */
import { ByteWriter, UsageError, utf8 } from '@mpquic/wire';
import type { KeyCrypto } from './key-crypto.ts';

/**
 * One step of a derivation, with all that is needed to repeat it by hand:
 * `value` = the octets `take` of HMAC-SHA-256(`key`, `s`).
 */
export interface DerivationStep {
  /** Name of the result, as the document writes it: `K_AUSF`, `UPF_PSK ID`. */
  readonly name: string;
  readonly clause: string;
  /** `KDF` is that of TS 33.220 B.2; other steps write their formula, and have no FC and no key. */
  readonly formula: string;
  readonly keyName: string;
  readonly key: Uint8Array;
  /** One or two octets. TS 33.220 B.2.0 */
  readonly fc: Uint8Array;
  /** FC || P0 || L0 || P1 || L1 ... */
  readonly s: Uint8Array;
  readonly parameters: readonly KdfParameter[];
  /** First octet taken of the function's value, and the one behind the last. */
  readonly take: readonly [start: number, end: number];
  readonly value: Uint8Array;
}

/** Pi of an S string. */
export interface KdfParameter {
  readonly name: string;
  readonly value: Uint8Array;
  /** Li where it is not the length of Pi: only for readings of a text that is wrong. */
  readonly length?: number;
}

/** What a derivation is made of; `KDF(key, FC || P0 || L0 ...)`. */
export interface KdfInput {
  readonly name: string;
  readonly clause: string;
  readonly keyName: string;
  readonly key: Uint8Array;
  /** 0x00 to 0xfe, or 0xff00 to 0xffff for the two-octet space. TS 33.220 B.2.0 */
  readonly fc: number;
  readonly parameters: readonly KdfParameter[];
  /** `last-128-bits` where Annex A of TS 33.501 takes the least significant half. */
  readonly take?: 'all' | 'last-128-bits';
}

/** Runs the KDF and keeps what went in. TS 33.220 B.2.0 */
export function deriveKey(crypto: KeyCrypto, input: KdfInput): DerivationStep {
  const fc = encodeFc(input.fc);
  const s = new ByteWriter().bytes(fc);
  for (const { name, value, length = value.length } of input.parameters) {
    if (value.length > 0xffff) throw new UsageError(`${name} is longer than 65535 octets`);
    s.bytes(value).uint16(length);
  }
  const sBytes = s.finish();
  const full = crypto.hmac('sha256', input.key, sBytes);
  const start = input.take === 'last-128-bits' ? 16 : 0;
  return {
    name: input.name,
    clause: input.clause,
    formula: 'KDF',
    keyName: input.keyName,
    key: input.key,
    fc,
    s: sBytes,
    parameters: input.parameters,
    take: [start, 32],
    value: start === 0 ? full : full.slice(start),
  };
}

/** A character string as Pi: UTF-8 of its NFKC form. TS 33.220 B.2.1.2 */
export function stringParameter(name: string, text: string): KdfParameter {
  return { name, value: utf8(text.normalize('NFKC')) };
}

/** A non-negative integer as Pi, most significant octet first. TS 33.220 B.2.1.3 */
export function integerParameter(name: string, value: number, octets: 1 | 2 | 3 | 4): KdfParameter {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** octets) {
    throw new UsageError(`${name} ${value} does not fit ${octets} octet(s)`);
  }
  return {
    name,
    value: Uint8Array.from({ length: octets }, (_, i) => value >>> (8 * (octets - 1 - i))),
  };
}

/**
 * A NAS COUNT as Pi: 00 || NAS OVERFLOW (16) || NAS SQN (8), 4 octets. TS 33.501 §6.4.3.1
 * @throws {UsageError} above 24 bits
 */
export function nasCountParameter(name: string, count: number): KdfParameter {
  if (count > 0xff_ffff) throw new UsageError(`${name} ${count} is more than 24 bits`);
  return integerParameter(name, count, 4);
}

function encodeFc(fc: number): Uint8Array {
  // TS 33.220 B.2.0: 0xff is the escape to the two-octet space and no FC of its own.
  if (Number.isInteger(fc) && fc >= 0 && fc < 0xff) return Uint8Array.of(fc);
  if (Number.isInteger(fc) && fc >= 0xff00 && fc <= 0xffff) return Uint8Array.of(0xff, fc & 0xff);
  throw new UsageError(`FC ${fc} is neither one octet below ff nor two octets ff00 to ffff`);
}
