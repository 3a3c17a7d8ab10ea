import type { ByteReader } from '@mpquic/wire';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';
import { type Plmn, plmn } from './plmn.ts';

/** Tracking areas of one PLMN. */
export interface TrackingAreas {
  readonly plmn: Plmn;
  /** 24 bits each, 1 to 16 of them. */
  readonly codes: readonly number[];
}

/** 5GS tracking area identity, 6 octets. TS 24.501 §9.11.3.8 */
export const trackingArea: ValueCodec<TrackingAreas> = {
  read: (reader) => ({ plmn: plmn.read(reader), codes: [reader.uint24()] }),
  write(writer, area) {
    plmn.write(writer, area.plmn);
    writer.uint24(area.codes[0] ?? 0);
  },
};

/** 5GS tracking area identity list; written as type 00, read in all its types. TS 24.501 §9.11.3.9 */
export const trackingAreaList: ValueCodec<readonly TrackingAreas[]> = {
  read(reader) {
    const lists: TrackingAreas[] = [];
    while (reader.remaining > 0) lists.push(...readPartialList(reader));
    return lists;
  },
  write(writer, lists) {
    for (const area of lists) {
      plmn.write(writer.uint8(area.codes.length - 1), area.plmn);
      for (const code of area.codes) writer.uint24(code);
    }
  },
};

function readPartialList(reader: ByteReader): TrackingAreas[] {
  const octet = reader.uint8();
  const count = (octet & 0x1f) + 1;
  const type = (octet >>> 5) & 0x03;
  if (type > 2 || count > 16) throw new MalformedValue('tracking area list');
  if (type === 2) return Array.from({ length: count }, () => trackingArea.read(reader));
  const home = plmn.read(reader);
  if (type === 0) {
    return [{ plmn: home, codes: Array.from({ length: count }, () => reader.uint24()) }];
  }
  const first = reader.uint24();
  return [{ plmn: home, codes: Array.from({ length: count }, (_, i) => first + i) }];
}
