export { CapsuleParser, type CapsuleParserOptions, CapsuleType, encodeCapsule } from './capsule.ts';
export {
  Http3ConnectionError,
  Http3ErrorCode,
  type Http3ErrorName,
  Http3StreamError,
  http3ErrorName,
} from './error-code.ts';
export { Http3Connection, type Http3Options } from './http3-connection.ts';
export type { Http3Event } from './http3-event.ts';
export { fieldValue, type RequestHead, type ResponseHead } from './message.ts';
export type { Field } from './qpack/field.ts';
export type { Http3Settings } from './settings.ts';
export type { DatagramRoute, Http3Transport } from './transport.ts';
