import { ByteReader, type ByteWriter } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { illegalParameter, readVector } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';

/** ExtensionType code points that this package knows. RFC 9846 §4.3, RFC 9001 §8.2 */
export const ExtensionType = {
  server_name: 0,
  status_request: 5,
  supported_groups: 10,
  signature_algorithms: 13,
  application_layer_protocol_negotiation: 16,
  padding: 21,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  quic_transport_parameters: 57,
} as const;

/** Messages that carry extensions. */
export type ExtensionBearer =
  | 'client_hello'
  | 'server_hello'
  | 'hello_retry_request'
  | 'encrypted_extensions'
  | 'certificate'
  | 'new_session_ticket';

export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** In which messages of the server an extension of the ClientHello may be answered. RFC 9846 §4.3 */
const ANSWERED_IN: ReadonlyMap<number, readonly ExtensionBearer[]> = new Map([
  [ExtensionType.server_name, ['encrypted_extensions']],
  [ExtensionType.status_request, ['certificate']],
  [ExtensionType.supported_groups, ['encrypted_extensions']],
  [ExtensionType.signature_algorithms, []],
  [ExtensionType.application_layer_protocol_negotiation, ['encrypted_extensions']],
  [ExtensionType.padding, []],
  [ExtensionType.pre_shared_key, ['server_hello']],
  [ExtensionType.early_data, ['encrypted_extensions', 'new_session_ticket']],
  [ExtensionType.supported_versions, ['server_hello', 'hello_retry_request']],
  [ExtensionType.cookie, ['hello_retry_request']],
  [ExtensionType.psk_key_exchange_modes, []],
  [ExtensionType.certificate_authorities, []],
  [ExtensionType.post_handshake_auth, []],
  [ExtensionType.signature_algorithms_cert, []],
  [ExtensionType.key_share, ['server_hello', 'hello_retry_request']],
  [ExtensionType.quic_transport_parameters, ['encrypted_extensions']],
]);

/**
 * A block of extensions, in its order.
 * @throws {TlsAlert} illegal_parameter where two are of one type (RFC 9846 §4.3)
 */
export function readExtensions(reader: ByteReader): Extension[] {
  const block = new ByteReader(readVector(reader, 2));
  const seen = new Set<number>();
  const extensions: Extension[] = [];
  while (block.remaining > 0) {
    const type = block.uint16();
    if (seen.has(type)) throw illegalParameter(`extension ${type} comes twice`);
    seen.add(type);
    extensions.push({ type, data: readVector(block, 2) });
  }
  return extensions;
}

export function writeExtensions(writer: ByteWriter, extensions: readonly Extension[]): void {
  writer.vector(2, (block) => {
    for (const { type, data } of extensions) {
      block.uint16(type).vector(2, (content) => content.bytes(data));
    }
  });
}

/**
 * What a server may answer: extensions that belong to this message and that the client offered.
 * @throws {TlsAlert} illegal_parameter or unsupported_extension (RFC 9846 §4.3)
 */
export function checkAnswers(
  extensions: readonly Extension[],
  bearer: ExtensionBearer,
  offered: ReadonlySet<number>,
): void {
  for (const { type } of extensions) {
    const bearers = ANSWERED_IN.get(type);
    if (bearers !== undefined && !bearers.includes(bearer)) {
      throw illegalParameter(`extension ${type} in ${bearer}`);
    }
    // The cookie is the one answer that was not asked for.
    if (type !== ExtensionType.cookie && !offered.has(type)) {
      throw new TlsAlert(Alert.unsupported_extension, `extension ${type} was not offered`);
    }
  }
}

export function findExtension(
  extensions: readonly Extension[],
  type: number,
): Uint8Array | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}
