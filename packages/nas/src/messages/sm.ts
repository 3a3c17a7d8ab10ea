import { ByteReader, ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { SmCause } from '../cause.ts';
import {
  ComprehensionRequired,
  type MessageDefinition,
  readBody,
  writeBody,
} from '../codec/message.ts';
import { MalformedValue, NasDecodeError } from '../errors.ts';
import * as establishment from './session-establishment.ts';
import * as modification from './session-modification.ts';
import * as release from './session-release.ts';

/** Extended protocol discriminator of 5GS session management. */
export const SM_DISCRIMINATOR = 0x2e;

/** A 5GSM message. TS 24.501 §8.3 */
export type SmMessage =
  | establishment.EstablishmentRequest
  | establishment.EstablishmentAccept
  | establishment.EstablishmentReject
  | modification.ModificationRequest
  | modification.ModificationReject
  | modification.ModificationCommand
  | modification.ModificationComplete
  | modification.ModificationCommandReject
  | release.ReleaseRequest
  | release.ReleaseReject
  | release.ReleaseCommand
  | release.ReleaseComplete
  | release.SmStatus;

type SmTable = {
  readonly [T in SmMessage['type']]: MessageDefinition<Extract<SmMessage, { type: T }>>;
};

const TABLE: SmTable = {
  establishmentRequest: establishment.establishmentRequest,
  establishmentAccept: establishment.establishmentAccept,
  establishmentReject: establishment.establishmentReject,
  modificationRequest: modification.modificationRequest,
  modificationReject: modification.modificationReject,
  modificationCommand: modification.modificationCommand,
  modificationComplete: modification.modificationComplete,
  modificationCommandReject: modification.modificationCommandReject,
  releaseRequest: release.releaseRequest,
  releaseReject: release.releaseReject,
  releaseCommand: release.releaseCommand,
  releaseComplete: release.releaseComplete,
  smStatus: release.smStatus,
};

const BY_CODE: ReadonlyMap<number, MessageDefinition<SmMessage>> = new Map(
  Object.values(TABLE).map((definition) => [
    definition.code,
    definition as MessageDefinition<SmMessage>,
  ]),
);

/** The octets of a 5GSM message, to be carried in a NAS transport message. */
export function encodeSm(message: SmMessage): Uint8Array {
  const definition = TABLE[message.type] as MessageDefinition<SmMessage>;
  const writer = new ByteWriter().uint8(SM_DISCRIMINATOR);
  writer.uint8(message.pduSessionId).uint8(message.procedureTransactionId).uint8(definition.code);
  writeBody(definition, writer, message);
  return writer.finish();
}

/**
 * Reads a 5GSM message; byte strings in it are views of `bytes`.
 * @throws {NasDecodeError} with the cause for a reject or 5GSM STATUS and the identities to answer to, or
 * without a cause where the message is to be discarded
 */
export function decodeSm(bytes: Uint8Array): SmMessage {
  if (bytes.length < 4) throw new NasDecodeError(undefined, 'too short for a message type');
  const reader = new ByteReader(bytes);
  const discriminator = reader.uint8();
  const pduSessionId = reader.uint8();
  const procedureTransactionId = reader.uint8();
  const messageType = reader.uint8();
  const undecoded = { discriminator, messageType, pduSessionId, procedureTransactionId };
  if (discriminator !== SM_DISCRIMINATOR) {
    throw new NasDecodeError(undefined, 'not a 5GSM message', undecoded);
  }
  const definition = BY_CODE.get(messageType);
  if (definition === undefined) {
    const reason = `5GSM message type ${messageType}`;
    throw new NasDecodeError(SmCause.messageTypeNonExistent, reason, undecoded);
  }
  try {
    const fields = readBody(definition, reader);
    return { ...fields, pduSessionId, procedureTransactionId } as unknown as SmMessage;
  } catch (error) {
    if (
      error instanceof UnexpectedEnd ||
      error instanceof MalformedValue ||
      error instanceof ComprehensionRequired
    ) {
      const reason = `${definition.type}: ${error.message}`;
      throw new NasDecodeError(SmCause.invalidMandatoryInformation, reason, undecoded);
    }
    throw error;
  }
}
