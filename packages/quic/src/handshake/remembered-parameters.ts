import { UsageError } from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  decodeTransportParameters,
  encodeTransportParameters,
  type TransportParameters,
} from '../wire/transport-parameters.ts';

/**
 * The limits of a server that its client may go by when it comes again, before it hears of them anew.
 * A server that accepts 0-RTT data keeps all of them at least as high. RFC 9000 §7.4.1, RFC 9221 §3
 */
const REMEMBERED = [
  'initialMaxData',
  'initialMaxStreamDataBidiLocal',
  'initialMaxStreamDataBidiRemote',
  'initialMaxStreamDataUni',
  'initialMaxStreamsBidi',
  'initialMaxStreamsUni',
  'activeConnectionIdLimit',
  'maxDatagramFrameSize',
] as const satisfies readonly (keyof TransportParameters)[];

/** What of a server's transport parameters is kept with a ticket, encoded; nothing before they are known. */
export function rememberedParameters(parameters: TransportParameters | undefined): Uint8Array {
  return encodeTransportParameters(remembered(parameters ?? DEFAULT_TRANSPORT_PARAMETERS));
}

/**
 * What {@link rememberedParameters} encoded; all else has its default.
 * @throws {UsageError} on octets that it did not make
 */
export function readRememberedParameters(encoded: Uint8Array): TransportParameters {
  try {
    return remembered(decodeTransportParameters(encoded, 'server'));
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new UsageError(`the parameters of the session: ${error.reason}`);
  }
}

/** The first limit that is lower than it was; undefined where there is none. */
export function loweredLimit(
  before: TransportParameters,
  now: TransportParameters,
): string | undefined {
  return REMEMBERED.find((name) => now[name] < before[name]);
}

function remembered(parameters: TransportParameters): TransportParameters {
  const limits = Object.fromEntries(REMEMBERED.map((name) => [name, parameters[name]]));
  return { ...DEFAULT_TRANSPORT_PARAMETERS, ...limits };
}
