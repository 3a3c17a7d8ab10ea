import { readUint32, utf8, writeUint32 } from '@mpquic/wire';
import { encodeCapsule } from '../capsule.ts';
import { Http3StreamError } from '../error-code.ts';

/** Capsules of a session. WT-07 §8.6 */
export const SessionCapsule = {
  close: 0x2843,
  drain: 0x78ae,
} as const;

/** Octets of the longest reason. WT-07 §5 */
const LONGEST_REASON = 1024;

/** What is read, each with the octets of its longest value; all others are skipped. RFC 9297 §3.2 */
export const SESSION_CAPSULES: ReadonlyMap<number, number> = new Map([
  [SessionCapsule.close, 4 + LONGEST_REASON],
  [SessionCapsule.drain, 0],
]);

export interface CloseInfo {
  /** 0 to 2^32-1. */
  readonly code: number;
  readonly reason: string;
}

/** CLOSE_WEBTRANSPORT_SESSION; a longer reason is cut behind a whole character. WT-07 §5, WT-16 §6 */
export function encodeClose({ code, reason }: CloseInfo): Uint8Array {
  const text = utf8(reason);
  let end = Math.min(text.length, LONGEST_REASON);
  while (end < text.length && end > 0 && ((text[end] as number) & 0xc0) === 0x80) end -= 1;
  const head = new Uint8Array(4);
  writeUint32(head, 0, code);
  return encodeCapsule(SessionCapsule.close, head, text.subarray(0, end));
}

/** @throws {Http3StreamError} H3_MESSAGE_ERROR where it has no code, or a reason that is no text */
export function decodeClose(value: Uint8Array): CloseInfo {
  if (value.length < 4) throw new Http3StreamError('H3_MESSAGE_ERROR', 'a close without a code');
  try {
    const reason = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      value.subarray(4),
    );
    return { code: readUint32(value, 0), reason };
  } catch {
    throw new Http3StreamError('H3_MESSAGE_ERROR', 'a reason that is no UTF-8');
  }
}

/** DRAIN_WEBTRANSPORT_SESSION. WT-07 §4.6 */
export function encodeDrain(): Uint8Array {
  return encodeCapsule(SessionCapsule.drain, new Uint8Array());
}
