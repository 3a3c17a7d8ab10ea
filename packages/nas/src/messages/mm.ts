import { ByteReader, ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { MmCause } from '../cause.ts';
import {
  ComprehensionRequired,
  type MessageDefinition,
  readBody,
  writeBody,
} from '../codec/message.ts';
import { MalformedValue, NasDecodeError } from '../errors.ts';
import * as authentication from './authentication.ts';
import * as configuration from './configuration-update.ts';
import * as deregistration from './deregistration.ts';
import * as identity from './identity.ts';
import * as registration from './registration.ts';
import * as securityMode from './security-mode.ts';
import * as service from './service.ts';
import * as transport from './transport.ts';

/** Extended protocol discriminator of 5GS mobility management. */
export const MM_DISCRIMINATOR = 0x7e;

/** A plain 5GMM message. TS 24.501 §8.2 */
export type MmMessage =
  | registration.RegistrationRequest
  | registration.RegistrationAccept
  | registration.RegistrationComplete
  | registration.RegistrationReject
  | authentication.AuthenticationRequest
  | authentication.AuthenticationResponse
  | authentication.AuthenticationResult
  | authentication.AuthenticationFailure
  | authentication.AuthenticationReject
  | identity.IdentityRequest
  | identity.IdentityResponse
  | securityMode.SecurityModeCommand
  | securityMode.SecurityModeComplete
  | securityMode.SecurityModeReject
  | service.ServiceRequest
  | service.ServiceAccept
  | service.ServiceReject
  | service.Notification
  | service.NotificationResponse
  | transport.UplinkNasTransport
  | transport.DownlinkNasTransport
  | deregistration.DeregistrationRequestFromUe
  | deregistration.DeregistrationAcceptToUe
  | deregistration.DeregistrationRequestToUe
  | deregistration.DeregistrationAcceptFromUe
  | configuration.ConfigurationUpdateCommand
  | configuration.ConfigurationUpdateComplete
  | configuration.MmStatus;

type MmTable = {
  readonly [T in MmMessage['type']]: MessageDefinition<Extract<MmMessage, { type: T }>>;
};

const TABLE: MmTable = {
  registrationRequest: registration.registrationRequest,
  registrationAccept: registration.registrationAccept,
  registrationComplete: registration.registrationComplete,
  registrationReject: registration.registrationReject,
  authenticationRequest: authentication.authenticationRequest,
  authenticationResponse: authentication.authenticationResponse,
  authenticationResult: authentication.authenticationResult,
  authenticationFailure: authentication.authenticationFailure,
  authenticationReject: authentication.authenticationReject,
  identityRequest: identity.identityRequest,
  identityResponse: identity.identityResponse,
  securityModeCommand: securityMode.securityModeCommand,
  securityModeComplete: securityMode.securityModeComplete,
  securityModeReject: securityMode.securityModeReject,
  serviceRequest: service.serviceRequest,
  serviceAccept: service.serviceAccept,
  serviceReject: service.serviceReject,
  notification: service.notification,
  notificationResponse: service.notificationResponse,
  uplinkNasTransport: transport.uplinkNasTransport,
  downlinkNasTransport: transport.downlinkNasTransport,
  deregistrationRequestFromUe: deregistration.deregistrationRequestFromUe,
  deregistrationAcceptToUe: deregistration.deregistrationAcceptToUe,
  deregistrationRequestToUe: deregistration.deregistrationRequestToUe,
  deregistrationAcceptFromUe: deregistration.deregistrationAcceptFromUe,
  configurationUpdateCommand: configuration.configurationUpdateCommand,
  configurationUpdateComplete: configuration.configurationUpdateComplete,
  mmStatus: configuration.mmStatus,
};

const BY_CODE: ReadonlyMap<number, MessageDefinition<MmMessage>> = new Map(
  Object.values(TABLE).map((definition) => [
    definition.code,
    definition as MessageDefinition<MmMessage>,
  ]),
);

/** The octets of a plain 5GMM message: discriminator, security header type 0, message type, elements. */
export function encodeMm(message: MmMessage): Uint8Array {
  const definition = TABLE[message.type] as MessageDefinition<MmMessage>;
  const writer = new ByteWriter().uint8(MM_DISCRIMINATOR).uint8(0).uint8(definition.code);
  writeBody(definition, writer, message);
  return writer.finish();
}

/**
 * Reads a plain 5GMM message; byte strings in it are views of `bytes`.
 * @throws {NasDecodeError} with the cause for a 5GMM STATUS, or without one where it is to be discarded
 */
export function decodeMm(bytes: Uint8Array): MmMessage {
  if (bytes.length < 3) throw new NasDecodeError(undefined, 'too short for a message type');
  const reader = new ByteReader(bytes);
  const discriminator = reader.uint8();
  const securityHeader = reader.uint8();
  const messageType = reader.uint8();
  const undecoded = { discriminator, messageType };
  if (discriminator !== MM_DISCRIMINATOR || (securityHeader & 0x0f) !== 0) {
    throw new NasDecodeError(undefined, 'not a plain 5GMM message', undecoded);
  }
  const definition = BY_CODE.get(messageType);
  if (definition === undefined) {
    const reason = `5GMM message type ${messageType}`;
    throw new NasDecodeError(MmCause.messageTypeNonExistent, reason, undecoded);
  }
  try {
    return readBody(definition, reader) as unknown as MmMessage;
  } catch (error) {
    if (
      error instanceof UnexpectedEnd ||
      error instanceof MalformedValue ||
      error instanceof ComprehensionRequired
    ) {
      const reason = `${definition.type}: ${error.message}`;
      throw new NasDecodeError(MmCause.invalidMandatoryInformation, reason, undecoded);
    }
    throw error;
  }
}
