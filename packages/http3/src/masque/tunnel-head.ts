import { Http3StreamError } from '../error-code.ts';
import { fieldsNamed, fieldValue, type RequestHead, type ResponseHead } from '../message.ts';
import type { Field } from '../qpack/field.ts';
import { describeProxyStatus } from './proxy-status.ts';
import { booleanField } from './structured-field.ts';

export type TunnelProtocol = 'connect-udp' | 'connect-ip';

/**
 * Content has no place beside capsules. RFC 9297 §3.2
 * RFC 9114 §4.2 refuses Transfer-Encoding in any message.
 */
const CONTENT_FIELDS: readonly string[] = ['content-length', 'content-type'];
const CONTENT_STATUS: ReadonlySet<number> = new Set([204, 205, 206]);

const CAPSULE_PROTOCOL: Field = { name: 'capsule-protocol', value: '?1' };
/** Sequence numbers are understood. draft-ihlar-masque-datagram-numbers-01 §3.1 */
const DATAGRAM_SEQUENCE = 'dg-sequence';

export interface TunnelRequestOptions {
  readonly protocol: TunnelProtocol;
  readonly authority: string;
  readonly path: string;
  /** Offers sequence numbers. */
  readonly sequence: boolean;
  readonly fields?: readonly Field[];
}

/** The head of an extended CONNECT. RFC 9298 §3.4, RFC 9484 §4.4 */
export function tunnelRequest(options: TunnelRequestOptions): RequestHead {
  const { protocol, authority, path, sequence, fields = [] } = options;
  return {
    method: 'CONNECT',
    protocol,
    scheme: 'https',
    authority,
    path,
    fields: [...headFields(sequence), ...fields],
  };
}

/**
 * Whether the request offers sequence numbers.
 * @throws {Http3StreamError} 400 on what has no place in the head of a tunnel. RFC 9297 §3.2
 */
export function checkTunnelRequest(request: RequestHead): { readonly sequence: boolean } {
  if (request.scheme !== 'https') malformed('a scheme other than https', 400);
  if (!request.authority) malformed('no :authority', 400);
  refuseContent(request.fields, 400);
  return { sequence: booleanField(request.fields, DATAGRAM_SEQUENCE) };
}

/** The head that opens a tunnel. */
export function tunnelResponse(sequence: boolean): ResponseHead {
  return { status: 200, fields: headFields(sequence) };
}

/** What a client makes of the final response. */
export type TunnelAnswer =
  | { readonly opened: true; readonly sequence: boolean }
  | { readonly opened: false; readonly status: number; readonly reason: string };

/** @throws {Http3StreamError} on a response that no tunnel can have. RFC 9297 §3.2 */
export function readTunnelResponse({ status, fields }: ResponseHead): TunnelAnswer {
  if (status < 200 || status > 299) {
    const proxyStatus = fieldValue(fields, 'proxy-status');
    const reason =
      proxyStatus === undefined ? `status ${status}` : describeProxyStatus(proxyStatus);
    return { opened: false, status, reason };
  }
  if (CONTENT_STATUS.has(status)) malformed(`status ${status} for a tunnel`);
  refuseContent(fields);
  return { opened: true, sequence: booleanField(fields, DATAGRAM_SEQUENCE) };
}

function headFields(sequence: boolean): readonly Field[] {
  return sequence
    ? [CAPSULE_PROTOCOL, { name: DATAGRAM_SEQUENCE, value: '?1' }]
    : [CAPSULE_PROTOCOL];
}

function refuseContent(fields: readonly Field[], status?: number): void {
  for (const name of CONTENT_FIELDS) {
    if (fieldsNamed(fields, name).length > 0) malformed(`${name} on a tunnel`, status);
  }
}

function malformed(reason: string, status?: number): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', reason, status);
}
