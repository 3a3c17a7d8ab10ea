import { expect } from '../../matrix.ts';
import { all, completed, ecn, goodput, handshakes, last, rate } from './case-checks.ts';
import { both, KILO, type LinkCase, MEGA } from './link-cases.ts';

/** The cases of the QUIC interop runner, in its order. */
export const RUNNER_CASES: readonly LinkCase[] = [
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
