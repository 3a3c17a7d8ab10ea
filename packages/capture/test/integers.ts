import { concatBytes } from '@mpquic/wire';

/** Little- or big-endian integers, one behind the other, as [octets, value]. */
export function integers(
  isLittle: boolean,
  ...fields: readonly (readonly [1 | 2 | 4, number])[]
): Uint8Array {
  return concatBytes(
    ...fields.map(([octets, value]) => {
      const bytes = Uint8Array.from({ length: octets }, (_, i) => value >>> (8 * (octets - 1 - i)));
      return isLittle ? bytes.reverse() : bytes;
    }),
  );
}
