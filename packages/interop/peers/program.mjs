// What the programs in JavaScript share: options, events, the octets of `perf`.
import { pathToFileURL } from 'node:url';

/** `[role, --name value, --flag]` as an object. */
export function readOptions([role, ...rest]) {
  const options = { role };
  while (rest.length > 0) {
    const name = rest.shift().replace(/^--/, '');
    options[name] = rest.length === 0 || rest[0].startsWith('--') ? true : rest.shift();
  }
  return {
    ...options,
    port: Number(options.port),
    bytes: Number(options.bytes ?? 0),
    connections: Number(options.connections ?? 1),
    datagrams: Number(options.datagrams ?? 0),
  };
}

export function tell(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** A module out of the folder that the installation made. */
export function importInstalled(path) {
  const file = new URL(`../../../.interop/${path}`, import.meta.url);
  return import(pathToFileURL(file.pathname).href);
}

const PERIOD = 251;
const CHUNK = 65_536;
const PATTERN = Buffer.from(
  Uint8Array.from({ length: CHUNK + PERIOD }, (_, o) => ((o % PERIOD) * 7 + 1) & 255),
);

/** At most a chunk of the answer to a request of `length`, from `offset` on. */
export function patternAt(offset, length) {
  const start = offset % PERIOD;
  return PATTERN.subarray(start, start + Math.min(CHUNK, length - offset));
}

export function isPattern(data, offset) {
  for (let at = 0; at < data.length; at += CHUNK) {
    const part = data.subarray(at, at + CHUNK);
    const start = (offset + at) % PERIOD;
    if (!PATTERN.subarray(start, start + part.length).equals(part)) return false;
  }
  return true;
}

/** A request of `perf`. */
export function perfRequest(length) {
  const request = Buffer.alloc(8);
  request.writeBigUInt64BE(BigInt(length));
  return request;
}
