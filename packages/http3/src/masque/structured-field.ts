import { fieldsNamed } from '../message.ts';
import type { Field } from '../qpack/field.ts';

/**
 * A Boolean item. Anything else, several fields of that name included, counts as absent; parameters are
 * ignored. RFC 9297 §3.4
 */
export function booleanField(fields: readonly Field[], name: string): boolean {
  const values = fieldsNamed(fields, name);
  return values.length === 1 && /^\s*\?1\s*(?:;.*)?$/.test(values[0] as string);
}

/** A quoted string: octets that no string can hold become `?`. RFC 8941 §3.3.3 */
export function quoted(text: string): string {
  return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
