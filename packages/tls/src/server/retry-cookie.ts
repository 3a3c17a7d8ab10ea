import type { GroupName } from '@mpquic/crypto';
import { ByteReader, ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import type { HandshakeConfig } from '../handshake-config.ts';
import { GROUP_CODES, groupName } from '../named-groups.ts';
import type { SealingKeys } from '../sealing-keys.ts';

/** What a server must know of a HelloRetryRequest that it sent, whether it remembers it or not. */
export interface RetryState {
  readonly suite: CipherSuite;
  readonly group: GroupName;
  /** Hash of the first ClientHello. RFC 9846 §4.3.2 */
  readonly firstHelloHash: Uint8Array;
}

export function sealCookie(keys: SealingKeys, state: RetryState): Uint8Array {
  const content = new ByteWriter(80)
    .uint64(BigInt(keys.currentTime()))
    .uint16(state.suite.code)
    .uint16(GROUP_CODES[state.group])
    .bytes(state.firstHelloHash)
    .finish();
  return keys.seal('cookie', content);
}

/** Undefined where the cookie is not ours, too old, or of another configuration. */
export function openCookie(
  keys: SealingKeys,
  config: HandshakeConfig,
  cookie: Uint8Array,
): RetryState | undefined {
  const content = keys.open('cookie', cookie);
  if (content === undefined) return undefined;
  const reader = new ByteReader(content);
  try {
    const age = keys.currentTime() - Number(reader.uint64());
    const code = reader.uint16();
    const suite = config.suites.find((candidate) => candidate.code === code);
    const group = groupName(reader.uint16());
    if (suite === undefined || group === undefined || age < 0 || age > COOKIE_LIFETIME) {
      return undefined;
    }
    return { suite, group, firstHelloHash: reader.rest() };
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

/** Milliseconds: a client answers a HelloRetryRequest at once. */
const COOKIE_LIFETIME = 30_000;
