import { Http3StreamError } from '../error-code.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { Field } from '../qpack/field.ts';
import { WEBTRANSPORT_PROTOCOL, type WebTransportDraft } from './draft.ts';

/** How draft-02 names itself in requests and responses. WT-02 §3.3 */
const DRAFT_02_REQUEST: Field = { name: 'sec-webtransport-http3-draft02', value: '1' };
const DRAFT_02_RESPONSE: Field = { name: 'sec-webtransport-http3-draft', value: 'draft02' };

export interface SessionRequestOptions {
  readonly authority: string;
  readonly path: string;
  /** More fields, such as `origin`. */
  readonly fields?: readonly Field[];
}

/** The request that opens a session. WT-07 §3.3 */
export function sessionRequest(
  draft: WebTransportDraft,
  { authority, path, fields = [] }: SessionRequestOptions,
): RequestHead {
  return {
    method: 'CONNECT',
    protocol: WEBTRANSPORT_PROTOCOL,
    scheme: 'https',
    authority,
    path,
    fields: draft === 'draft-02' ? [DRAFT_02_REQUEST, ...fields] : fields,
  };
}

/** The response that opens a session. */
export function sessionResponse(draft: WebTransportDraft, fields: readonly Field[]): ResponseHead {
  return { status: 200, fields: draft === 'draft-02' ? [DRAFT_02_RESPONSE, ...fields] : fields };
}

/** @throws {Http3StreamError} where the request names no resource of https. WT-07 §3.3 */
export function checkSessionRequest({ scheme, authority, path }: RequestHead): void {
  if (scheme === 'https' && authority && path) return;
  throw new Http3StreamError('H3_MESSAGE_ERROR', 'a session needs https, :authority, :path', 400);
}
