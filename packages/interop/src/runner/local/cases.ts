import { nativeStatus } from '@mpquic/native';
import { CaseUnsupported, expect } from '../../matrix.ts';
import { type CaseEvidence, LINK_RATE, type LinkCase } from './link-cases.ts';

const KILO = 1024;
const MEGA = 1024 * KILO;
/** Share of the link that a bulk transfer must reach. */
const GOODPUT = 0.93;

type Check = (evidence: CaseEvidence) => string | undefined;

const handshakes =
  (count: number): Check =>
  ({ seen }) => {
    const { size } = seen.serverInitials;
    expect(size === count, `${size} handshakes instead of ${count}`);
    return undefined;
  };

/** All checks hold; the remarks of all. */
const all =
  (...checks: readonly Check[]): Check =>
  (evidence) =>
    checks
      .map((check) => check(evidence))
      .filter((remark) => remark !== undefined)
      .join(', ') || undefined;

const last = ({ connections }: CaseEvidence) => connections.at(-1);

const rate: Check = ({ octets, seconds }) =>
  `${((octets * 8) / seconds / 1_000_000).toFixed(2)} Mbit/s`;

/** Both ends mark their packets, and each tells the other how many marks came. RFC 9000 §13.4 */
const ecn: Check = ({ clientQlog }) => {
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

const goodput: Check = ({ octets, seconds }) => {
  const share = (octets * 8) / seconds / LINK_RATE;
  expect(share >= GOODPUT, `${(share * 100).toFixed(1)} % of the link, below ${GOODPUT * 100} %`);
  return `${(share * 100).toFixed(1)} % of the link`;
};

const both = (name: string): Pick<LinkCase, 'client' | 'server'> => ({
  client: name,
  server: name,
});

/** The cases of the QUIC interop runner, in its order. */
const RUNNER_CASES: readonly LinkCase[] = [
  {
    name: 'handshake',
    ...both('handshake'),
    files: [KILO],
    check: all(handshakes(1), ({ seen }) => {
      expect(seen.retries === 0, 'a Retry');
      expect([...seen.handshakeVersions].join() === '1', 'another version than 1');
      return undefined;
    }),
  },
  {
    name: 'transfer',
    ...both('transfer'),
    files: [2 * MEGA, 3 * MEGA, 5 * MEGA],
    check: all(handshakes(1), rate),
  },
  {
    name: 'longrtt',
    ...both('handshake'),
    files: [KILO],
    link: { delayMs: 750 },
    check: handshakes(1),
  },
  { name: 'chacha20', ...both('chacha20'), files: [3 * MEGA], check: all(handshakes(1), rate) },
  {
    name: 'multiplexing',
    ...both('transfer'),
    files: Array.from({ length: 1999 }, () => 32),
    check: handshakes(1),
  },
  {
    name: 'retry',
    ...both('retry'),
    files: [10 * KILO],
    check: all(handshakes(1), ({ seen }) => {
      expect(seen.retries > 0 && seen.initialsWithToken > 0, 'no Retry, or no token after it');
      return undefined;
    }),
  },
  {
    name: 'resumption',
    ...both('resumption'),
    files: [5 * KILO, 10 * KILO],
    check: all(handshakes(2), (evidence) => {
      expect(last(evidence)?.resumed === true, 'the session was not resumed');
      return undefined;
    }),
  },
  {
    name: 'zerortt',
    ...both('zerortt'),
    files: Array.from({ length: 40 }, () => 32),
    nameLength: 250,
    check: all(handshakes(2), (evidence) => {
      expect(last(evidence)?.earlyData === true, 'the server took no early data');
      expect(evidence.seen.zeroRttPackets > 0, 'no 0-RTT packet');
      return `${evidence.seen.zeroRttPackets} packets of 0-RTT`;
    }),
  },
  {
    name: 'v2',
    ...both('v2'),
    files: [KILO],
    check: all(({ seen }) => {
      const versions = [...seen.handshakeVersions].map((version) => version.toString(16)).join();
      expect(versions === '6b3343cf', `Handshake packets of version ${versions}`);
      return undefined;
    }),
  },
  {
    name: 'http3',
    ...both('http3'),
    files: [5 * KILO, 10 * KILO, 500 * KILO],
    check: handshakes(1),
  },
  {
    name: 'blackhole',
    client: 'transfer',
    server: 'transfer',
    files: [10 * MEGA],
    events: { kind: 'blackhole', onMs: 5_000, offMs: 2_000 },
    check: all(handshakes(1), rate),
  },
  {
    name: 'keyupdate',
    client: 'keyupdate',
    server: 'transfer',
    files: [3 * MEGA],
    check: all(handshakes(1), (evidence) => {
      expect((last(evidence)?.keyUpdates ?? 0) > 0, 'no key update');
      return undefined;
    }),
  },
  {
    name: 'amplificationlimit',
    ...both('transfer'),
    files: [5 * KILO],
    chainLength: 9,
    dropToServer: [2, 3, 4, 5, 6, 7],
    check: all(handshakes(1), ({ seen }) => {
      const { octetsBeforeValidation: sent, octetsOfClientBefore: received } = seen;
      expect(
        sent <= 3 * received,
        `${sent} octets for ${received} before the address was validated`,
      );
      return `${(sent / received).toFixed(2)} times what came`;
    }),
  },
  {
    name: 'handshakeloss',
    ...both('multiconnect'),
    files: Array.from({ length: 50 }, () => KILO),
    link: { lossPercent: 30 },
    timeoutMs: 300_000,
    slow: true,
    check: completed(50),
  },
  {
    name: 'transferloss',
    ...both('transfer'),
    files: [2 * MEGA],
    link: { lossPercent: 2 },
    check: all(handshakes(1), rate),
  },
  {
    name: 'handshakecorruption',
    ...both('multiconnect'),
    files: Array.from({ length: 50 }, () => KILO),
    link: { corruptPercent: 30 },
    timeoutMs: 300_000,
    slow: true,
    check: completed(50),
  },
  {
    name: 'transfercorruption',
    ...both('transfer'),
    files: [2 * MEGA],
    link: { corruptPercent: 2 },
    check: rate,
  },
  {
    name: 'ecn',
    ...both('handshake'),
    files: [100 * KILO],
    pastLink: true,
    check: ecn,
  },
  {
    name: 'ipv6',
    ...both('transfer'),
    files: [5 * KILO, 10 * KILO],
    ipv6: true,
    check: handshakes(1),
  },
  {
    name: 'rebind-port',
    ...both('transfer'),
    files: [10 * MEGA],
    events: { kind: 'rebind', firstMs: 1_000, everyMs: 5_000, address: false },
    check: all(handshakes(1), rate),
  },
  {
    name: 'rebind-addr',
    ...both('transfer'),
    files: [10 * MEGA],
    events: { kind: 'rebind', firstMs: 1_000, everyMs: 5_000, address: true },
    check: all(handshakes(1), rate),
  },
  {
    // The preferred address lies beside the link, not behind it.
    name: 'connectionmigration',
    client: 'transfer',
    server: 'connectionmigration',
    files: [2 * MEGA],
    check: (evidence) => {
      expect((last(evidence)?.moves ?? 0) > 0, 'the client did not move');
      return undefined;
    },
  },
  {
    name: 'goodput',
    ...both('transfer'),
    files: [10 * MEGA],
    // A rate: for a quiet machine, not for CI.
    slow: true,
    check: all(handshakes(1), goodput),
  },
  {
    // Beside the runner's case, whose second flow is one of TCP: two transfers of this stack.
    name: 'crosstraffic-quic',
    ...both('transfer'),
    files: [25 * MEGA],
    clients: 2,
    timeoutMs: 120_000,
    slow: true,
    check: all(handshakes(2), goodput, ({ connections }) => {
      const times = connections.map(({ milliseconds }) => milliseconds);
      const share = Math.min(...times) / Math.max(...times);
      expect(
        share > 0.6,
        `the slower flow took ${(1 / share).toFixed(2)} times the time of the other`,
      );
      return `${share.toFixed(2)} of the other's time`;
    }),
  },
];

/** Every connection brought its file; a corrupted Initial may make a server begin twice. */
function completed(count: number): Check {
  return ({ connections, seconds }) => {
    expect(connections.length === count, `${connections.length} of ${count} connections`);
    return `${count} handshakes in ${seconds.toFixed(0)} s`;
  };
}

const withPsk: Check = ({ connections }) => {
  expect(
    connections.every(({ psk }) => psk),
    'a connection without PSK',
  );
  return undefined;
};

const bothPaths: Check = (evidence) => {
  const { multipath = false, receivedByPath = {} } = last(evidence) ?? {};
  expect(multipath, 'no multipath');
  const octets = Object.values(receivedByPath);
  expect(octets.length > 1 && octets.every((count) => count > 0), 'only one path was used');
  return Object.entries(receivedByPath)
    .map(([id, count]) => `path ${id}: ${(count / 1000).toFixed(0)} kB`)
    .join(', ');
};

/** What no runner has yet: external PSKs, multipath, MASQUE. */
const OUR_CASES: readonly LinkCase[] = [
  { name: 'psk', ...both('psk'), files: [KILO], check: all(handshakes(1), withPsk) },
  { name: 'psk-imported', ...both('psk-imported'), files: [KILO], check: withPsk },
  { name: 'psk-sha384', ...both('psk-sha384'), files: [KILO], check: withPsk },
  {
    name: 'psk-unknown',
    ...both('psk-unknown'),
    files: [],
    check: ({ connections }) => {
      expect(connections.length === 0, 'a connection came up');
      return undefined;
    },
  },
  {
    name: 'psk-hrr',
    ...both('psk-hrr'),
    files: [KILO],
    check: all(withPsk, (evidence) => {
      expect(last(evidence)?.group === 'secp384r1', 'another group');
      return undefined;
    }),
  },
  { name: 'mp-handshake', ...both('mp-handshake'), files: [200 * KILO], paths: 2, check: withPsk },
  {
    name: 'mp-transfer',
    ...both('mp-transfer'),
    files: [10 * MEGA],
    paths: 2,
    check: all(bothPaths, (evidence) => {
      const seconds = (last(evidence)?.milliseconds ?? 0) / 1000;
      const times = (evidence.octets * 8) / seconds / LINK_RATE;
      expect(times > 1.5, `${times.toFixed(2)} times one link`);
      return `${times.toFixed(2)} times one link`;
    }),
  },
  { name: 'mp-abandon', ...both('mp-abandon'), files: [5 * MEGA], paths: 2, check: rate },
  { name: 'mp-backup', ...both('mp-backup'), files: [3 * MEGA], paths: 2, check: rate },
  {
    name: 'mp-pathdown',
    ...both('mp-pathdown'),
    files: [5 * MEGA],
    paths: 2,
    events: { kind: 'path down', atMs: 1_500 },
    check: rate,
  },
  {
    name: 'mp-hotplug',
    ...both('mp-hotplug'),
    files: [5 * MEGA],
    paths: 2,
    check: bothPaths,
  },
  { name: 'masque-udp', ...both('masque-udp'), files: [], check: withPsk },
];

export const LINK_CASES: readonly LinkCase[] = [...RUNNER_CASES, ...OUR_CASES];
