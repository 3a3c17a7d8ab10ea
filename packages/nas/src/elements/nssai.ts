import { fromHex, toHex } from '@mpquic/wire';
import { listOf, prefixed, type ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';

/** A single network slice selection identifier. TS 24.501 §9.11.2.8 */
export interface Snssai {
  /** Slice/service type, 8 bits. */
  readonly sst: number;
  /** Slice differentiator: six lower-case hexadecimal digits. */
  readonly sd?: string;
  readonly mappedSst?: number;
  readonly mappedSd?: string;
}

export const snssai: ValueCodec<Snssai> = {
  read(reader) {
    const length = reader.remaining;
    if (![1, 2, 4, 5, 8].includes(length)) throw new MalformedValue(`S-NSSAI of ${length} octets`);
    const sst = reader.uint8();
    const sd = length >= 4 ? { sd: toHex(reader.bytes(3)) } : {};
    const mappedSst = length === 2 || length >= 5 ? { mappedSst: reader.uint8() } : {};
    const mappedSd = length === 8 ? { mappedSd: toHex(reader.bytes(3)) } : {};
    return { sst, ...sd, ...mappedSst, ...mappedSd };
  },
  write(writer, { sst, sd, mappedSst, mappedSd }) {
    writer.uint8(sst);
    if (sd !== undefined) writer.bytes(fromHex(sd));
    if (mappedSst !== undefined) writer.uint8(mappedSst);
    if (mappedSd !== undefined) writer.bytes(fromHex(mappedSd));
  },
};

/** At most 16 (rejected and configured) slices. TS 24.501 §9.11.3.37 */
export const nssai: ValueCodec<readonly Snssai[]> = listOf(prefixed(1, snssai), 16);
