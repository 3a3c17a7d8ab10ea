import { nativeStatus } from '@mpquic/native';
import { CaseUnsupported, expect } from '../../matrix.ts';
import type { ConnectionResult } from '../runner-client.ts';
import { type CaseEvidence, LINK_RATE } from './link-cases.ts';

/** What must have come of a case, and a remark on it. @throws where it did not */
export type Check = (evidence: CaseEvidence) => string | undefined;

export const handshakes =
  (count: number): Check =>
  ({ seen }) => {
    const { size } = seen.serverInitials;
    expect(size === count, `${size} handshakes instead of ${count}`);
    return undefined;
  };

/** All checks hold; the remarks of all. */
export const all =
  (...checks: readonly Check[]): Check =>
  (evidence) =>
    checks
      .map((check) => check(evidence))
      .filter((remark) => remark !== undefined)
      .join(', ') || undefined;

export const last = ({ connections }: CaseEvidence): ConnectionResult | undefined =>
  connections.at(-1);

export const rate: Check = ({ octets, seconds }) =>
  `${((octets * 8) / seconds / 1_000_000).toFixed(2)} Mbit/s`;

/** Both ends mark their packets, and each tells the other how many marks came. RFC 9000 §13.4 */
export const ecn: Check = ({ clientQlog }) => {
  if (!nativeStatus.available) {
    throw new CaseUnsupported('only sockets of the addon of @mpquic/native mark packets');
  }
  const records = clientQlog.split('\u001e');
  const [byClient, byServer] = ['quic:packet_received', 'quic:packet_sent'].map((name) => {
    const acks = records.filter((record) => record.includes(`"${name}"`)).join('');
    return Math.max(0, ...[...acks.matchAll(/"ect0":(\d+)/g)].map(([, count]) => Number(count)));
  }) as [number, number];
  expect(byClient > 0, 'the server counts no mark of the client');
  expect(byServer > 0, 'the client counts no mark of the server');
  return `marks counted: ${byClient} of the client's, ${byServer} of the server's`;
};

export const goodput: Check = ({ octets, seconds }) => {
  const share = (octets * 8) / seconds / LINK_RATE;
  expect(share >= GOODPUT, `${(share * 100).toFixed(1)} % of the link, below ${GOODPUT * 100} %`);
  return `${(share * 100).toFixed(1)} % of the link`;
};

/** Every connection brought its file; a corrupted Initial may make a server begin twice. */
export function completed(count: number): Check {
  return ({ connections, seconds }) => {
    expect(connections.length === count, `${connections.length} of ${count} connections`);
    return `${count} handshakes in ${seconds.toFixed(0)} s`;
  };
}

export const withPsk: Check = ({ connections }) => {
  expect(
    connections.every(({ psk }) => psk),
    'a connection without PSK',
  );
  return undefined;
};

export const bothPaths: Check = (evidence) => {
  const { multipath = false, receivedByPath = {} } = last(evidence) ?? {};
  expect(multipath, 'no multipath');
  const octets = Object.values(receivedByPath);
  expect(octets.length > 1 && octets.every((count) => count > 0), 'only one path was used');
  return Object.entries(receivedByPath)
    .map(([id, count]) => `path ${id}: ${(count / 1000).toFixed(0)} kB`)
    .join(', ');
};

/** Share of the link that a bulk transfer must reach. */
const GOODPUT = 0.93;
