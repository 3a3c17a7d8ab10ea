import { formatIp, fromHex, parseIp, toHex } from '@mpquic/wire';
import type { HalfCodec, ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';

/** TS 24.501 §9.11.4.11 */
export const PduSessionType = {
  ipv4: 1,
  ipv6: 2,
  ipv4v6: 3,
  unstructured: 4,
  ethernet: 5,
} as const;
export type PduSessionType = (typeof PduSessionType)[keyof typeof PduSessionType];

/** Unused values count as IPv4v6, unless reserved. TS 24.501 §9.11.4.11 */
export const pduSessionType: HalfCodec<PduSessionType> = {
  read: (bits) =>
    Object.values(PduSessionType).find((type) => type === (bits & 0x07)) ?? PduSessionType.ipv4v6,
  write: (type) => type,
};

/** Selected PDU session type (low) and selected SSC mode (high) share an octet. */
export const sscMode: HalfCodec<number> = { read: (bits) => bits & 0x07, write: (mode) => mode };

/** One bit of half an octet as a flag. */
export const flag: HalfCodec<boolean> = {
  read: (bits) => (bits & 0x01) !== 0,
  write: (value) => (value ? 1 : 0),
};

/** PDU address. TS 24.501 §9.11.4.10 */
export interface PduAddress {
  readonly ipv4?: string;
  /** The interface identifier that an IPv6 UE forms its link-local address from: 16 hexadecimal digits. */
  readonly interfaceIdentifier?: string;
}

export const pduAddress: ValueCodec<PduAddress> = {
  read(reader) {
    switch (reader.uint8() & 0x07) {
      case PduSessionType.ipv4:
        return { ipv4: formatIp(reader.bytes(4)) };
      case PduSessionType.ipv6:
        return { interfaceIdentifier: toHex(reader.bytes(8)) };
      case PduSessionType.ipv4v6: {
        const interfaceIdentifier = toHex(reader.bytes(8));
        return { interfaceIdentifier, ipv4: formatIp(reader.bytes(4)) };
      }
      default:
        throw new MalformedValue('PDU session type of the address');
    }
  },
  write(writer, { ipv4, interfaceIdentifier }) {
    writer.uint8((ipv4 === undefined ? 0 : 1) | (interfaceIdentifier === undefined ? 0 : 2));
    if (interfaceIdentifier !== undefined) writer.bytes(fromHex(interfaceIdentifier));
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
  },
};

/** Session-AMBR, in units of 1 kbit/s times a power of four. TS 24.501 §9.11.4.14 */
export interface SessionAmbr {
  readonly downlinkKbps: number;
  readonly uplinkKbps: number;
}

export const sessionAmbr: ValueCodec<SessionAmbr> = {
  read(reader) {
    const rate = (): number => {
      const unit = reader.uint8();
      return reader.uint16() * unitKbps(unit);
    };
    return { downlinkKbps: rate(), uplinkKbps: rate() };
  },
  write(writer, { downlinkKbps, uplinkKbps }) {
    for (const kbps of [downlinkKbps, uplinkKbps]) {
      const unit = ambrUnit(kbps);
      writer.uint8(unit).uint16(Math.min(MAX_AMBR_VALUE, Math.round(kbps / unitKbps(unit))));
    }
  },
};

const MAX_AMBR_VALUE = 65535;
const MAX_AMBR_UNIT = 25;

/** The finest unit that expresses the rate exactly, else the finest that can hold it. */
function ambrUnit(kbps: number): number {
  let fitting = MAX_AMBR_UNIT;
  for (let unit = MAX_AMBR_UNIT; unit >= 1; unit--) {
    if (kbps / unitKbps(unit) <= MAX_AMBR_VALUE) fitting = unit;
  }
  for (let unit = fitting; unit <= MAX_AMBR_UNIT; unit++) {
    if (kbps % unitKbps(unit) === 0) return unit;
  }
  return fitting;
}

/** Units 1 to 25 are 1, 4, 16, 64, 256 kbit/s, then the same of Mbit/s, Gbit/s, Tbit/s and Pbit/s. */
function unitKbps(unit: number): number {
  if (unit === 0) return 0;
  const step = Math.min(unit, MAX_AMBR_UNIT) - 1;
  return 4 ** (step % 5) * 1000 ** Math.floor(step / 5);
}
