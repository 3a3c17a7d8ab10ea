import { quoted } from '../masque/structured-field.ts';
import { fieldsNamed } from '../message.ts';
import type { Field } from '../qpack/field.ts';

/** Application protocols inside a session, the preferred one first. WT-16 §3.3 */
export function availableProtocols(names: readonly string[]): Field {
  return { name: AVAILABLE, value: names.map(quoted).join(', ') };
}

/** The server's choice among those. */
export function chosenProtocol(name: string): Field {
  return { name: CHOSEN, value: quoted(name) };
}

/** What the client offers; nothing where the field is no list of strings. */
export function readAvailableProtocols(fields: readonly Field[]): readonly string[] {
  return readStrings(fieldsNamed(fields, AVAILABLE).join(', '));
}

/** What the server chose; undefined where it chose nothing, or the field is no string. */
export function readChosenProtocol(fields: readonly Field[]): string | undefined {
  const values = fieldsNamed(fields, CHOSEN);
  const [name, ...more] = values.length === 1 ? readStrings(values[0] as string) : [];
  return more.length === 0 ? name : undefined;
}

/** Strings between commas, their parameters left out. RFC 9651 §3.1, §3.3.3 */
function readStrings(text: string): readonly string[] {
  const strings: string[] = [];
  ITEM.lastIndex = 0;
  for (let at = 0; at < text.length; at = ITEM.lastIndex) {
    const match = ITEM.exec(text);
    if (match === null) return [];
    strings.push((match[1] as string).replace(/\\(["\\])/g, '$1'));
    // A comma has something behind it.
    if (ITEM.lastIndex === text.length && match[2] === ',') return [];
  }
  return strings;
}

const AVAILABLE = 'wt-available-protocols';
const CHOSEN = 'wt-protocol';

/** A string, parameters with strings or bare values, and the comma or the end behind them. */
const ITEM =
  /[ \t]*"((?:[ !#-[\]-~]|\\["\\])*)"(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[ !#-[\]-~]|\\["\\])*"|[^",;]*))?)*[ \t]*(,|$)/y;
