import { concatBytes, fromUtf8, plainOctets, utf8 } from '@mpquic/wire';
import type { BinaryPart, BinaryType, SbiContent } from './message.ts';
import { SbiProblem } from './problem.ts';

/** A body as HTTP carries it. */
export interface EncodedContent {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** More octets than this are refused, sent or received. */
export const MAX_CONTENT_LENGTH = 65_536;
const MAX_PARTS = 4;
const JSON_TYPE = 'application/json';
const BOUNDARY = 'mpquic-testbed-part';
const BINARY_TYPES: readonly BinaryType[] = [
  'application/vnd.3gpp.5gnas',
  'application/vnd.3gpp.ngap',
];

/** JSON alone, or JSON and binary parts as multipart/related. RFC 2387, TS 29.500 §5.2.2.2 */
export function encodeContent({ body, parts = [] }: SbiContent): EncodedContent | undefined {
  if (body === undefined && parts.length === 0) return undefined;
  const json = utf8(JSON.stringify(body ?? {}));
  if (parts.length === 0) return { contentType: JSON_TYPE, bytes: json };
  const pieces = [utf8(`--${BOUNDARY}\r\nContent-Type: ${JSON_TYPE}\r\n\r\n`), json];
  for (const { contentId, contentType, bytes } of parts) {
    const header = `\r\n--${BOUNDARY}\r\nContent-Type: ${contentType}\r\nContent-Id: ${contentId}\r\n\r\n`;
    pieces.push(utf8(header), bytes);
  }
  pieces.push(utf8(`\r\n--${BOUNDARY}--\r\n`));
  const contentType = `multipart/related; type="${JSON_TYPE}"; boundary=${BOUNDARY}`;
  return { contentType, bytes: concatBytes(...pieces) };
}

/**
 * The reverse of {@link encodeContent}, for bodies of any peer.
 * @throws {SbiProblem} 400, 413 or 415
 */
export function decodeContent(contentType: string | undefined, bytes: Uint8Array): SbiContent {
  if (bytes.length > MAX_CONTENT_LENGTH) throw malformed('the body is too long', 413);
  if (bytes.length === 0) return {};
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  const mediaType = type.toLowerCase();
  if (mediaType === JSON_TYPE || mediaType === 'application/problem+json') {
    return { body: parseJson(bytes) };
  }
  if (mediaType !== 'multipart/related')
    throw malformed(`content type "${type}" is not known`, 415);
  const boundary = parameters
    .map((parameter) => /^boundary="?([^"]{1,70})"?$/i.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  if (boundary === undefined) throw malformed('multipart without boundary');
  return decodeMultipart(bytes, boundary);
}

/** A body from the chunks that it came in. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return plainOctets(chunks.length === 1 && first !== undefined ? first : concatBytes(...chunks));
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

function decodeMultipart(bytes: Uint8Array, boundary: string): SbiContent {
  const [first, ...others] = splitParts(bytes, boundary).map(parsePart);
  if (first === undefined || first.headers.get('content-type') !== JSON_TYPE) {
    throw malformed('the first part is not JSON');
  }
  return { body: parseJson(first.bytes), parts: others.map(binaryPart) };
}

function splitParts(bytes: Uint8Array, boundary: string): Uint8Array[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const opening = `--${boundary}`;
  const delimiter = `\r\n${opening}`;
  // The first delimiter may stand without the line break in front of it. RFC 2046 §5.1.1
  const start = text.indexOf(opening);
  if (start !== 0 && text.indexOf(delimiter) !== start - 2) throw malformed('no first delimiter');
  const parts: Uint8Array[] = [];
  let from = start + opening.length;
  while (text.toString('latin1', from, from + 2) !== '--') {
    const end = text.indexOf(delimiter, from);
    if (end < 0) throw malformed('a part without end');
    if (parts.length === MAX_PARTS) throw malformed(`more than ${MAX_PARTS} parts`);
    parts.push(bytes.subarray(from, end));
    from = end + delimiter.length;
  }
  return parts;
}

function parsePart(bytes: Uint8Array): Part {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw malformed('a part without headers');
  const headers = new Map<string, string>();
  for (const line of text.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, bytes: bytes.subarray(end + 4) };
}

function binaryPart({ headers, bytes }: Part): BinaryPart {
  const contentId = headers.get('content-id');
  const type = headers.get('content-type')?.toLowerCase();
  const contentType = BINARY_TYPES.find((known) => known === type);
  if (contentId === undefined || contentType === undefined) {
    throw malformed('a binary part without id or known type');
  }
  return { contentId, contentType, bytes };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes)) as unknown;
  } catch {
    throw malformed('the body is not valid JSON');
  }
}

function malformed(detail: string, status = 400): SbiProblem {
  return new SbiProblem(status, 'INVALID_MSG_FORMAT', detail);
}
