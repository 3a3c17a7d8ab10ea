import { Http3StreamError } from './error-code.ts';
import type { Field } from './qpack/field.ts';

/** A request as its pseudo-header fields say. RFC 9114 §4.3.1, RFC 9220 §3 */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string | undefined;
  /** `:protocol` of an extended CONNECT. */
  readonly protocol: string | undefined;
  /** All other fields, in order. */
  readonly fields: readonly Field[];
}

export interface ResponseHead {
  /** 100 to 599. */
  readonly status: number;
  readonly fields: readonly Field[];
}

/** Fields that name a connection and have no place in HTTP/3. RFC 9114 §4.2 */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const BLANK_ENDS = /^[ \t]|[ \t]$/;

const REQUEST_PSEUDO: readonly string[] = [
  ':method',
  ':scheme',
  ':authority',
  ':path',
  ':protocol',
];

/** @throws {Http3StreamError} H3_MESSAGE_ERROR on a malformed request */
export function parseRequest(fields: readonly Field[]): RequestHead {
  const { pseudo, regular } = split(fields, REQUEST_PSEUDO);
  const request: RequestHead = {
    method: pseudo.get(':method') ?? malformed('no :method'),
    scheme: pseudo.get(':scheme'),
    authority: pseudo.get(':authority'),
    path: pseudo.get(':path'),
    protocol: pseudo.get(':protocol'),
    fields: regular,
  };
  checkTarget(request);
  return request;
}

/** @throws {Http3StreamError} H3_MESSAGE_ERROR on a malformed response */
export function parseResponse(fields: readonly Field[]): ResponseHead {
  const { pseudo, regular } = split(fields, [':status']);
  const status = pseudo.get(':status') ?? '';
  if (!/^[1-5]\d\d$/.test(status) || status === '101') malformed(`:status '${status}'`);
  return { status: Number(status), fields: regular };
}

/** Trailers have no pseudo-header fields. RFC 9114 §4.3 @throws {Http3StreamError} */
export function parseTrailers(fields: readonly Field[]): readonly Field[] {
  return split(fields, []).regular;
}

export function requestFields(request: RequestHead): Field[] {
  const { method, scheme, authority, path, protocol } = request;
  const pseudo = { ':method': method, ':scheme': scheme, ':authority': authority, ':path': path };
  const fields: Field[] = [];
  for (const [name, value] of Object.entries({ ...pseudo, ':protocol': protocol })) {
    if (value !== undefined) fields.push({ name, value });
  }
  return [...fields, ...request.fields];
}

export function responseFields(response: ResponseHead): Field[] {
  return [{ name: ':status', value: String(response.status) }, ...response.fields];
}

/** The values of all fields of that name, in order. */
export function fieldsNamed(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map((field) => field.value);
}

/** The value of the first field of that name. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

function split(
  fields: readonly Field[],
  known: readonly string[],
): { pseudo: Map<string, string>; regular: readonly Field[] } {
  const pseudo = new Map<string, string>();
  const regular: Field[] = [];
  for (const field of fields) {
    const { name, value } = field;
    if (!isValue(value)) malformed(`a value of ${name} with forbidden octets`);
    if (name.startsWith(':')) {
      if (!known.includes(name)) malformed(`pseudo-header ${name}`);
      if (pseudo.has(name)) malformed(`${name} twice`);
      if (regular.length > 0) malformed(`${name} behind other fields`);
      pseudo.set(name, value);
      continue;
    }
    checkRegular(field);
    regular.push(field);
  }
  return { pseudo, regular };
}

/** No NUL, CR or LF, and no blank at either end. RFC 9114 §10.3, RFC 9110 §5.5 */
function isValue(value: string): boolean {
  const forbidden = value.includes('\0') || value.includes('\r') || value.includes('\n');
  return !forbidden && !BLANK_ENDS.test(value);
}

function checkRegular({ name, value }: Field): void {
  if (!NAME.test(name)) malformed('a field name with forbidden octets');
  if (CONNECTION_FIELDS.has(name)) malformed(`field ${name}`);
  if (name === 'te' && value !== 'trailers') malformed('te other than trailers');
}

/** RFC 9114 §4.3.1, §4.4; RFC 8441 §4 */
function checkTarget(request: RequestHead): void {
  const { method, scheme, authority, path, protocol } = request;
  if (protocol !== undefined && method !== 'CONNECT') malformed(':protocol without CONNECT');
  if (method === 'CONNECT' && protocol === undefined) {
    if (scheme !== undefined || path !== undefined) malformed('CONNECT with :scheme or :path');
    if (!authority) malformed('CONNECT without :authority');
    return;
  }
  if (!scheme) malformed('no :scheme');
  if (!path) malformed('no :path');
  const host = fieldValue(request.fields, 'host');
  if (!authority && !host) malformed('neither :authority nor host');
  if (authority && host && authority !== host) malformed(':authority and host differ');
}

function malformed(reason: string): never {
  throw new Http3StreamError('H3_MESSAGE_ERROR', reason, 400);
}
