const CENSORED = '[redacted]';
const MAX_DEPTH = 6;

/**
 * A copy of `fields` fit for a log: values under key-like names are replaced, byte strings show their
 * length only, and nesting ends after a few levels.
 */
export function redacted(fields: Record<string, unknown>): Record<string, unknown> {
  return redactedMapping(fields, 0);
}

/** Whether a field of this name holds a key, by the names that 3GPP and TLS give to keys. */
export function isKeyLike(name: string): boolean {
  return KEY_LIKE.test(name) && !NOT_SECRET.has(name.toLowerCase());
}

function redactedMapping(fields: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    copy[name] = isKeyLike(name) && !isEmpty(value) ? CENSORED : redactedValue(value, depth + 1);
  }
  return copy;
}

function redactedValue(value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array) return `[${value.length} octets]`;
  if (value instanceof Error) return value.message;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[nested]';
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, depth + 1));
  return redactedMapping(value, depth);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'boolean';
}

const KEY_LIKE =
  /^(?:k|op|opc|ck|ik|psk)$|(?:key|keys|secret|secrets|psk|psks|password)$|^k_?(?:ausf|seaf|amf|smf|upf|gnb|n3iwf|akma|asme|nas)/i;
const NOT_SECRET: ReadonlySet<string> = new Set(['publickey', 'usingpsk', 'requirepsk']);
