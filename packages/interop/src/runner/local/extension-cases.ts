import { expect } from '../../matrix.ts';
import { all, bothPaths, handshakes, last, rate, withPsk } from './case-checks.ts';
import { both, KILO, LINK_RATE, type LinkCase, MEGA } from './link-cases.ts';

/** What no runner has yet: external PSKs, multipath, MASQUE. */
export const EXTENSION_CASES: readonly LinkCase[] = [
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
