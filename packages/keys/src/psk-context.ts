import { ByteWriter, UsageError, utf8 } from '@mpquic/wire';

/** What an imported PSK is bound to. */
export interface PskContext {
  /** Code of the solution. */
  readonly solutionCode: number;
  readonly pduSessionId: number;
  /** FQDN of the UPF; empty where the UE does not know it. */
  readonly upfId: string;
}

const VERSION = 1;
/** Both roles in one label, so that a reflected identity never matches (RFC 9257 §4.1, "Selfie"). */
const ROLES = 'client=UE server=UPF';

/**
 * The `context` of an RFC 9258 importer, a choice of this testbed: version || solution || PDU session
 * ID || length and UPF identity || length and roles. It stands in clear in the ClientHello, so no SUPI.
 */
export function importedPskContext({ solutionCode, pduSessionId, upfId }: PskContext): Uint8Array {
  const identity = utf8(upfId.toLowerCase());
  if (identity.length > 255) throw new UsageError('a UPF identity has at most 255 octets');
  return new ByteWriter()
    .uint8(VERSION)
    .uint8(solutionCode)
    .uint8(pduSessionId)
    .vector(1, (writer) => writer.bytes(identity))
    .vector(1, (writer) => writer.bytes(utf8(ROLES)))
    .finish();
}
