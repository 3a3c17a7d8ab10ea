import type { HalfCodec } from '../codec/value.ts';

/** NAS key set identifier, ngKSI. TS 24.501 §9.11.3.32 */
export interface KeySetIdentifier {
  /** A mapped context comes from EPS. */
  readonly mapped: boolean;
  /** 0 to 6; {@link NO_KEY} where the UE has none. */
  readonly value: number;
}

/** "No key is available (UE to network)". */
export const NO_KEY = 7;

export const keySetIdentifier: HalfCodec<KeySetIdentifier> = {
  read: (bits) => ({ mapped: (bits & 0x08) !== 0, value: bits & 0x07 }),
  write: ({ mapped, value }) => (mapped ? 0x08 : 0) | value,
};
