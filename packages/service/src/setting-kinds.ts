import { type Address, fromHex } from '@mpquic/wire';

/** What a setting may hold, and how it is read from YAML, a flag or the environment. */
export interface Kind<T> {
  /** Completes the sentence "expected ...". */
  readonly expected: string;
  /** How a flag of this kind is written on a command line. */
  readonly flag: 'boolean' | 'string' | 'array';
  /** @throws {SettingProblem} */
  parse(raw: unknown): T;
}

/** A value does not fit its kind. `path` leads from the setting to the value, as `[1].k`. */
export class SettingProblem extends Error {
  readonly code = 'SETTING_PROBLEM';
  override readonly name = 'SettingProblem';
  readonly path: string;

  constructor(message: string, path = '') {
    super(message);
    this.path = path;
  }

  /** The same problem seen from the value that holds it. */
  within(step: string): SettingProblem {
    return new SettingProblem(this.message, step + this.path);
  }
}

export function text(expected = 'a non-empty text', pattern: RegExp = /./): Kind<string> {
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const value = typeof raw === 'number' ? String(raw) : raw;
      if (typeof value !== 'string' || !pattern.test(value)) mismatch(expected, raw);
      return value;
    },
  };
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const expected =
    max === Number.MAX_SAFE_INTEGER
      ? `an integer, at least ${min}`
      : `an integer from ${min} to ${max}`;
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
        mismatch(expected, raw);
      }
      return value;
    },
  };
}

/** A number, written with or without a decimal point. */
export function decimal(min: number, max: number): Kind<number> {
  const expected = `a number from ${min} to ${max}`;
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const value = typeof raw === 'string' && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !(value >= min && value <= max)) mismatch(expected, raw);
      return value;
    },
  };
}

export function flag(): Kind<boolean> {
  return {
    expected: 'true or false',
    flag: 'boolean',
    parse(raw) {
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      return mismatch('true or false', raw);
    },
  };
}

export function choice<const V extends string>(...values: readonly V[]): Kind<V> {
  const expected = `one of ${values.join(', ')}`;
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const given = typeof raw === 'number' ? String(raw) : raw;
      return values.find((value) => value === given) ?? mismatch(expected, raw);
    },
  };
}

/** `HOST:PORT`, with brackets around IPv6; port 0 lets the system choose. */
export function address(): Kind<Address> {
  const expected = 'HOST:PORT, for example 127.0.0.1:8805';
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const match = typeof raw === 'string' ? ADDRESS.exec(raw) : null;
      const port = Number(match?.[3]);
      if (match === null || port > 65535) return mismatch(expected, raw);
      return { host: (match[1] ?? match[2]) as string, port };
    },
  };
}

/** A byte string in hexadecimal, `min` to `max` octets. The value is never shown in a message. */
export function hexBytes(min: number, max: number = min): Kind<Uint8Array> {
  const length = min === max ? `${2 * min}` : `${2 * min} to ${2 * max}`;
  const expected = `${length} hexadecimal digits`;
  return {
    expected,
    flag: 'string',
    parse(raw) {
      const digits = typeof raw === 'string' && /^(?:[0-9a-f]{2})*$/i.test(raw) ? raw : undefined;
      if (digits === undefined || digits.length < 2 * min || digits.length > 2 * max) {
        // A number in YAML loses leading zeros: say what to do instead of guessing.
        const quote = typeof raw === 'number' ? '; put quotes around it' : '';
        throw new SettingProblem(`expected ${expected}${quote}`);
      }
      return fromHex(digits);
    },
  };
}

/** A list; on a command line a repeated flag, in the environment separated by commas. */
export function listOf<T>(
  kind: Kind<T>,
  most: number = Number.POSITIVE_INFINITY,
): Kind<readonly T[]> {
  const count = Number.isFinite(most) ? ` with at most ${most} items` : '';
  return {
    expected: `a list of ${kind.expected}${count}`,
    flag: 'array',
    parse(raw) {
      const items = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw;
      if (!Array.isArray(items)) mismatch(`a list of ${kind.expected}`, raw);
      if (items.length > most) throw new SettingProblem(`expected a list${count}`);
      return items.map((item, i) => at(`[${i}]`, () => kind.parse(item)));
    },
  };
}

/** Runs `parse`, and puts `step` in front of the path of a problem that it meets. */
export function at<T>(step: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof SettingProblem ? error.within(step) : error;
  }
}

export function mismatch(expected: string, raw: unknown): never {
  throw new SettingProblem(`expected ${expected}; got ${shown(raw)}`);
}

function shown(raw: unknown): string {
  if (raw === null || raw === undefined) return 'nothing';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object') return 'a mapping';
  return JSON.stringify(raw).slice(0, 60);
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;
