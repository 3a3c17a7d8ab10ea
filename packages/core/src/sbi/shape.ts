import { fromHex } from '@mpquic/wire';
import { SbiProblem } from './problem.ts';

/** Reads a JSON value from outside as a `T`, or refuses it with the place and what was expected. */
export interface Shape<T> {
  /** @throws {SbiProblem} 400 */
  read(value: unknown, path: string): T;
}

/** The type that a shape reads. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

export function string(pattern: RegExp = /^.{1,512}$/s): Shape<string> {
  return {
    read(value, path) {
      if (typeof value !== 'string' || !pattern.test(value)) refuse(path, 'text', value);
      return value;
    },
  };
}

export function integer(min: number, max: number): Shape<number> {
  return {
    read(value, path) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
        return refuse(path, `an integer from ${min} to ${max}`, value);
      }
      return value;
    },
  };
}

export const boolean: Shape<boolean> = {
  read(value, path) {
    return typeof value === 'boolean' ? value : refuse(path, 'true or false', value);
  },
};

export function oneOf<const V extends string>(...values: readonly V[]): Shape<V> {
  return {
    read: (value, path) =>
      values.find((known) => known === value) ?? refuse(path, values.join(' or '), value),
  };
}

/** A byte string in hexadecimal, `min` to `max` octets. */
export function hex(min: number, max: number = min): Shape<Uint8Array> {
  return {
    read(value, path) {
      if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(value)) {
        return refuse(path, 'hexadecimal digits', value);
      }
      if (value.length < 2 * min || value.length > 2 * max) {
        return refuse(path, `${min} to ${max} octets`, value);
      }
      return fromHex(value);
    },
  };
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    read: (value, path) => (value === undefined ? undefined : shape.read(value, path)),
  };
}

export function array<T>(shape: Shape<T>, maximum: number): Shape<readonly T[]> {
  return {
    read(value, path) {
      if (!Array.isArray(value) || value.length > maximum) {
        return refuse(path, `a list of at most ${maximum}`, value);
      }
      return value.map((item, i) => shape.read(item, `${path}/${i}`));
    },
  };
}

/** A mapping; members that it does not name are ignored, as TS 29.501 §6.6 wants. */
export function object<M extends { readonly [name: string]: Shape<unknown> }>(
  members: M,
): Shape<{ readonly [K in keyof M]: ShapeOf<M[K]> }> {
  return {
    read(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return refuse(path, 'an object', value);
      }
      const given = value as Record<string, unknown>;
      const result: Record<string, unknown> = {};
      for (const [name, shape] of Object.entries(members)) {
        const own = Object.hasOwn(given, name) ? given[name] : undefined;
        result[name] = shape.read(own, `${path}/${name}`);
      }
      return result as { readonly [K in keyof M]: ShapeOf<M[K]> };
    },
  };
}

function refuse(path: string, expected: string, value: unknown): never {
  const place = path === '' ? 'the body' : path;
  if (value === undefined) {
    throw new SbiProblem(400, 'MANDATORY_IE_MISSING', `${place} is missing: ${expected}`);
  }
  throw new SbiProblem(400, 'MANDATORY_IE_INCORRECT', `${place} is not ${expected}`);
}
