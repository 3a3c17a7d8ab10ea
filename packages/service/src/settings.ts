import { at, type Kind, mismatch, SettingProblem } from './setting-kinds.ts';

/** One setting of a role. */
export interface Setting<T> {
  readonly kind: Kind<Exclude<T, undefined>>;
  readonly description: string;
  /** The value when nobody sets it. Without it, and without `optional`, it must be set. */
  readonly default?: T;
  /** May be absent: the value is then undefined. */
  readonly optional?: boolean;
  /** Its value is never shown. */
  readonly secret?: boolean;
}

/** All settings of a role, keyed by their names in YAML. */
export type SettingsTable<C> = { readonly [K in keyof C]-?: Setting<C[K]> };

type AnySetting = Setting<unknown>;

/** `n4Address` as the flag `n4-address`. */
export function flagName(setting: string): string {
  return setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `n4Address` of the role `core` as `MPQ_CORE_N4_ADDRESS`. */
export function environmentName(role: string, setting: string): string {
  return `MPQ_${role}_${flagName(setting)}`.toUpperCase().replaceAll('-', '_');
}

/**
 * Reads a mapping by its table: unknown names, wrong values and missing settings are problems.
 * @throws {SettingProblem}
 */
export function readSettings<C>(table: SettingsTable<C>, raw: unknown): C {
  const given = mapping(raw);
  refuseUnknown(Object.keys(table), Object.keys(given));
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<AnySetting>(table)) {
    values[name] = readSetting(name, setting, given[name]);
  }
  return values as C;
}

/** A mapping inside a setting, for example one subscriber in a list. */
export function structureOf<C>(table: SettingsTable<C>): Kind<C> {
  return {
    expected: `a mapping with ${Object.keys(table).join(', ')}`,
    flag: 'string',
    parse: (raw) => readSettings(table, raw),
  };
}

/** @throws {SettingProblem} naming the nearest name that there is */
export function refuseUnknown(known: readonly string[], given: readonly string[]): void {
  const stranger = given.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const near = known
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), stranger.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const advice =
    near !== undefined && near.distance <= 3
      ? `did you mean ${near.name}?`
      : `there are ${known.join(', ')}`;
  throw new SettingProblem(`no such setting; ${advice}`, `.${stranger}`);
}

function readSetting(name: string, setting: AnySetting, raw: unknown): unknown {
  if (raw === undefined || raw === null) {
    if (setting.default !== undefined || setting.optional === true) return setting.default;
    throw new SettingProblem(`is missing: set it to ${setting.kind.expected}`, `.${name}`);
  }
  return at(`.${name}`, () => {
    try {
      return setting.kind.parse(raw);
    } catch (error) {
      if (!(error instanceof SettingProblem) || setting.secret !== true) throw error;
      throw new SettingProblem(`expected ${setting.kind.expected}`, error.path);
    }
  });
}

function mapping(raw: unknown): Record<string, unknown> {
  if (raw === undefined || raw === null) return {};
  if (typeof raw !== 'object' || Array.isArray(raw)) mismatch('a mapping', raw);
  return raw as Record<string, unknown>;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
