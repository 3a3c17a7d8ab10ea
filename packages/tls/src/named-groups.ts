import type { GroupName } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';

/** NamedGroup code points, in the default order of preference. RFC 9846 §4.3.7 */
export const GROUP_CODES: { readonly [Name in GroupName]: number } = {
  x25519: 0x001d,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
};

const ALL_GROUPS = Object.keys(GROUP_CODES) as readonly GroupName[];

const NAMES: ReadonlyMap<number, GroupName> = new Map(
  ALL_GROUPS.map((name) => [GROUP_CODES[name], name]),
);

/** The group's name, or undefined for groups that are not implemented. */
export function groupName(code: number): GroupName | undefined {
  return NAMES.get(code);
}

/** These groups, all three when absent. @throws {UsageError} on an empty list or an unknown name */
export function selectGroups(names: readonly GroupName[] | undefined): readonly GroupName[] {
  if (names === undefined) return ALL_GROUPS;
  if (names.length === 0) throw new UsageError('no key exchange group is configured');
  for (const name of names) {
    if (GROUP_CODES[name] === undefined) {
      throw new UsageError(`unknown key exchange group ${JSON.stringify(name)}`);
    }
  }
  return names;
}
