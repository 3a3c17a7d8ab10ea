import { formatIp, fromUtf8, parseIp, UsageError, utf8 } from '@mpquic/wire';
import { flagsIe, type Ie, nibbleIe, uint8Ie, uint16Ie, uint32Ie } from '../codec/ie.ts';
import { MalformedIe } from '../errors.ts';

/** Name of a CP or UP function: an IPv4 or IPv6 address or an FQDN, as text. TS 29.244 §8.2.38 */
export type NodeId =
  | { readonly type: 'ipv4' | 'ipv6'; readonly address: string }
  | { readonly type: 'fqdn'; readonly name: string };

export const nodeId: Ie<NodeId> = {
  type: 60,
  name: 'Node ID',
  read(reader) {
    switch (reader.uint8() & 0x0f) {
      case 0:
        return { type: 'ipv4', address: formatIp(reader.bytes(4)) };
      case 1:
        return { type: 'ipv6', address: formatIp(reader.bytes(16)) };
      case 2:
        return { type: 'fqdn', name: readLabels(reader.rest()) };
      default:
        throw new MalformedIe('Node ID type');
    }
  },
  write(writer, value) {
    if (value.type === 'fqdn') {
      writer.uint8(2).bytes(writeLabels(value.name));
      return;
    }
    writer.uint8(value.type === 'ipv4' ? 0 : 1).bytes(parseIp(value.address));
  },
};

const LABEL = /^[\w-]+$/;

/** An FQDN as labels, each behind its length. RFC 1035 §3.1 */
function readLabels(octets: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = octets[at] as number;
    if (length === 0 || length > 63 || at + 1 + length > octets.length) {
      throw new MalformedIe('a label of wrong length');
    }
    const label = fromUtf8(octets.subarray(at + 1, at + 1 + length));
    if (!LABEL.test(label)) throw new MalformedIe('a label of other characters');
    labels.push(label);
    at += 1 + length;
  }
  if (labels.length === 0) throw new MalformedIe('an empty name');
  return labels.join('.');
}

function writeLabels(name: string): Uint8Array {
  const octets: number[] = [];
  for (const label of name.split('.')) {
    const text = utf8(label);
    if (text.length === 0 || text.length > 63) throw new UsageError(`"${name}" is no FQDN`);
    octets.push(text.length, ...text);
  }
  return Uint8Array.from(octets);
}

/** Seconds since 1900 (NTP), when the entity started. TS 29.244 §8.2.65 */
export const recoveryTimeStamp: Ie<number> = uint32Ie(96, 'Recovery Time Stamp');

/** Seconds between the epochs of NTP (1900) and Unix (1970). */
export const NTP_EPOCH_OFFSET = 2_208_988_800;

export const cause: Ie<number> = uint8Ie(19, 'Cause');
export const offendingIe: Ie<number> = uint16Ie(40, 'Offending IE');

/** Fully qualified session endpoint identifier. TS 29.244 §8.2.37 */
export interface FSeid {
  /** 64 bits. */
  readonly seid: bigint;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

export const fSeid: Ie<FSeid> = {
  type: 57,
  name: 'F-SEID',
  read(reader) {
    const flags = reader.uint8();
    const seid = reader.uint64();
    const ipv4 = (flags & 0x02) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
    const ipv6 = (flags & 0x01) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
    return { seid, ...ipv4, ...ipv6 };
  },
  write(writer, { seid, ipv4, ipv6 }) {
    writer.uint8((ipv4 === undefined ? 0 : 0x02) | (ipv6 === undefined ? 0 : 0x01)).uint64(seid);
    if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
    if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
  },
};

const UP_FEATURES = [
  ['bucp', 'ddnd', 'dlbd', 'trst', 'ftup', 'pfdm', 'heeu', 'treu'],
  ['empu', 'pdiu', 'udbc', 'quoac', 'trace', 'frrt', 'pfde', 'epfar'],
  ['dpdra', 'adpdp', 'ueip', 'sset', 'mnop', 'mteN4', 'bundl', 'gcom'],
  ['mpas', 'rttl', 'vtime', 'norp', 'iptv', 'ip6pl', 'tscu', 'mptcp'],
  ['atsssLl', 'qfqm', 'gpqm', 'mtEdt', 'ciot', 'ethar', 'ddds', 'rds'],
] as const;

/** A feature by its short name in TS 29.244 §8.2.25. The bit of MPQUIC was not available. */
export type UpFunctionFeature = (typeof UP_FEATURES)[number][number];
export const upFunctionFeatures: Ie<readonly UpFunctionFeature[]> = flagsIe(
  43,
  'UP Function Features',
  UP_FEATURES,
  2,
);

const CP_FEATURES = [['load', 'ovrl', 'epfar', 'sset', 'bundl', 'mpas', 'ardr', 'uiaur']] as const;

/** TS 29.244 §8.2.58 */
export type CpFunctionFeature = (typeof CP_FEATURES)[number][number];
export const cpFunctionFeatures: Ie<readonly CpFunctionFeature[]> = flagsIe(
  89,
  'CP Function Features',
  CP_FEATURES,
);

const RELEASE_FLAGS = [['sarr', 'urss']] as const;

/** The UP function asks for the release of the association. TS 29.244 §8.2.77 */
export type ReleaseFlag = (typeof RELEASE_FLAGS)[number][number];
export const associationReleaseRequest: Ie<readonly ReleaseFlag[]> = flagsIe(
  111,
  'PFCP Association Release Request',
  RELEASE_FLAGS,
);

/** IPv4 1, IPv6 2, IPv4v6 3, Non-IP 4, Ethernet 5. TS 29.244 §8.2.79 */
export const pdnType: Ie<number> = nibbleIe(113, 'PDN Type');
