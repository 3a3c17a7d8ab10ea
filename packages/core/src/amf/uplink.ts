import {
  type Guti,
  type MmMessage,
  NasDecodeError,
  readProtectedMessage,
  SecurityHeaderType,
  type Stmsi,
} from '@mpquic/nas';
import { decodePlain, type NasConnection, type ReceivedNas } from './nas-connection.ts';
import type { AmfSecurityContext } from './security-context.ts';
import type { UeContext, UeContexts } from './ue-context.ts';

/** Why an uplink message is dropped. */
export type UplinkDiscard =
  | 'malformed'
  | 'notProtected'
  | 'macMismatch'
  | 'replayed'
  | 'countExhausted';

/** What became of the octets of an uplink message. */
export type Uplink =
  | { readonly type: 'message'; readonly received: ReceivedNas }
  /** To be answered with 5GMM STATUS and the cause of the error, if it has one. */
  | { readonly type: 'undecodable'; readonly error: NasDecodeError }
  | { readonly type: 'discarded'; readonly reason: UplinkDiscard };

/** Messages that the network processes without integrity protection. TS 24.501 §4.4.4.3 */
const ACCEPTED_UNPROTECTED: ReadonlySet<MmMessage['type']> = new Set([
  'registrationRequest',
  'identityResponse',
  'authenticationResponse',
  'authenticationFailure',
  'securityModeReject',
  'deregistrationRequestFromUe',
  'deregistrationAcceptFromUe',
] as const);

/** Of these, the ones that are still taken once the exchange of NAS messages is secure. */
const ACCEPTED_UNPROTECTED_LATER: ReadonlySet<MmMessage['type']> = new Set([
  'registrationRequest',
] as const);

/** Checks the protection of an uplink message and decodes it. TS 24.501 §4.4.4.3, §4.4.5 */
export function readUplink(connection: NasConnection, bytes: Uint8Array, ues: UeContexts): Uplink {
  let outer: ReturnType<typeof readProtectedMessage>;
  try {
    outer = readProtectedMessage(bytes);
  } catch (error) {
    if (error instanceof NasDecodeError) return { type: 'discarded', reason: 'malformed' };
    throw error;
  }
  if (outer === undefined) return readUnprotected(connection, bytes);
  const usesNewContext =
    outer.headerType === SecurityHeaderType.integrityProtectedAndCipheredWithNewContext;
  const context = usesNewContext ? connection.offered : connection.security;
  if (context !== undefined) return verify(connection, context, bytes);
  return readInitial(connection, bytes, outer.payload, ues);
}

function readUnprotected(connection: NasConnection, bytes: Uint8Array): Uplink {
  const message = decodePlain(bytes);
  if (message instanceof NasDecodeError) {
    return connection.security === undefined
      ? { type: 'undecodable', error: message }
      : { type: 'discarded', reason: 'notProtected' };
  }
  const accepted =
    connection.security === undefined ? ACCEPTED_UNPROTECTED : ACCEPTED_UNPROTECTED_LATER;
  if (!accepted.has(message.type)) return { type: 'discarded', reason: 'notProtected' };
  const headerType = SecurityHeaderType.plain;
  return { type: 'message', received: { message, count: undefined, headerType } };
}

function verify(connection: NasConnection, context: AmfSecurityContext, bytes: Uint8Array): Uplink {
  const result = context.nas.unprotect(bytes, connection.access);
  if (typeof result === 'string') return { type: 'discarded', reason: result };
  const message = decodePlain(result.plain);
  if (message instanceof NasDecodeError) return { type: 'undecodable', error: message };
  const { count, headerType } = result;
  return { type: 'message', received: { message, count, headerType } };
}

/**
 * The first message of a connection: it is not ciphered, so that its identity leads to the context
 * that verifies it. Where nothing verifies it, it counts as unprotected.
 */
function readInitial(
  connection: NasConnection,
  bytes: Uint8Array,
  payload: Uint8Array,
  ues: UeContexts,
): Uplink {
  const message = decodePlain(payload);
  if (message instanceof NasDecodeError) return { type: 'discarded', reason: 'notProtected' };
  const identity = temporaryIdentity(message);
  const ue = identity === undefined ? undefined : ues.findTemporary(identity);
  if (ue !== undefined && ngKsiOf(message) === ue.security.ngKsi) {
    const result = verify(connection, ue.security, bytes);
    if (result.type !== 'discarded') {
      adopt(connection, ue);
      return result;
    }
    if (result.reason === 'replayed') return result;
  }
  if (!ACCEPTED_UNPROTECTED.has(message.type) && message.type !== 'serviceRequest') {
    return { type: 'discarded', reason: 'macMismatch' };
  }
  const headerType = SecurityHeaderType.plain;
  return { type: 'message', received: { message, count: undefined, headerType } };
}

/** Binds a connection to the UE whose key it proved to know. */
function adopt(connection: NasConnection, ue: UeContext): void {
  connection.ue = ue;
  connection.security = ue.security;
}

function temporaryIdentity(message: MmMessage): Guti | Stmsi | undefined {
  if (!('identity' in message)) return undefined;
  const { identity } = message;
  return identity.type === 'guti' || identity.type === 'stmsi' ? identity : undefined;
}

function ngKsiOf(message: MmMessage): number | undefined {
  return 'ngKsi' in message ? message.ngKsi.value : undefined;
}
