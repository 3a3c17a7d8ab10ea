import { decimal, flag, integer, readSettings, type SettingsTable } from '@mpquic/service';

/** What one direction of an access does to datagrams. */
export interface Impairment {
  /** Propagation, in milliseconds. */
  readonly delayMs: number;
  /** Up to this many milliseconds more, uniformly; datagrams keep their order. */
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  /** Share of datagrams of which one octet changes. */
  readonly corruptPercent: number;
  /** Share of datagrams that skip the delay and so overtake others. */
  readonly reorderPercent: number;
  /** 0 for no limit. */
  readonly rateMbit: number;
  /** What lies below the payload of a datagram and takes rate too: 28 for IPv4 and UDP. */
  readonly headerOctets: number;
  /** Datagrams that wait for the rate limit; more are dropped. */
  readonly queueDatagrams: number;
  /** Largest UDP payload in octets; larger ones are dropped, as without fragmentation. */
  readonly mtu: number;
  /** Drops everything, silently. */
  readonly blackhole: boolean;
}

export const impairmentSettings: SettingsTable<Impairment> = {
  delayMs: { kind: decimal(0, 60_000), default: 0, description: 'one-way delay in milliseconds' },
  jitterMs: { kind: decimal(0, 60_000), default: 0, description: 'random delay added, up to' },
  lossPercent: { kind: decimal(0, 100), default: 0, description: 'datagrams lost, percent' },
  duplicatePercent: { kind: decimal(0, 100), default: 0, description: 'sent twice, percent' },
  corruptPercent: { kind: decimal(0, 100), default: 0, description: 'changed, percent' },
  reorderPercent: { kind: decimal(0, 100), default: 0, description: 'sent at once, percent' },
  rateMbit: { kind: decimal(0, 100_000), default: 0, description: 'rate in Mbit/s, 0: no limit' },
  headerOctets: {
    kind: integer(0, 1_000),
    default: 0,
    description: 'octets of headers, which take rate',
  },
  queueDatagrams: {
    kind: integer(1, 100_000),
    default: 100,
    description: 'datagrams that wait for the rate; more are dropped',
  },
  mtu: { kind: integer(576, 65_507), default: 65_507, description: 'largest UDP payload' },
  blackhole: { kind: flag(), default: false, description: 'drop everything silently' },
};

/** Only the settings of an impairment, out of a larger set. */
export function impairmentOf(settings: Impairment): Impairment {
  const names = Object.keys(impairmentSettings) as (keyof Impairment)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as Impairment;
}

/**
 * `changes` over `current`; names and values are checked.
 * @throws {SettingProblem}
 */
export function changeImpairment(current: Impairment, changes: unknown): Impairment {
  const given = typeof changes === 'object' && changes !== null ? changes : {};
  return readSettings(impairmentSettings, { ...impairmentOf(current), ...given });
}
