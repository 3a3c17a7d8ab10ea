import { ByteReader, type ByteWriter } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { illegalParameter, readWhole } from '../codec.ts';
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

/** A block of extensions as it came. */
export class ExtensionBlock {
  readonly #source: Uint8Array;
  /** Where each starts: type (2), length (2), contents. */
  readonly #starts: number[] = [];

  private constructor(source: Uint8Array) {
    this.#source = source;
  }

  /** Where an older version has no extensions at all. */
  static empty(): ExtensionBlock {
    return new ExtensionBlock(NOTHING);
  }

  /** @throws {TlsAlert} illegal_parameter where two are of one type (RFC 9846 §4.3) */
  static read(this: void, reader: ByteReader): ExtensionBlock {
    const block = new ExtensionBlock(reader.source);
    const end = reader.narrow(reader.uint16());
    try {
      while (reader.remaining > 0) block.#add(reader);
    } finally {
      for (let i = 0; i < block.count; i++) SEEN_TYPES[block.type(i)] = 0;
    }
    reader.widen(end);
    return block;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The type of number `index`, from 0. */
  type(index: number): number {
    return this.#uint16(this.#starts[index] as number);
  }

  /** Makes `reader` read the contents of number `index`. */
  enter(reader: ByteReader, index: number): ByteReader {
    const start = (this.#starts[index] as number) + EXTENSION_HEADER_LENGTH;
    return reader.reset(this.#source, start, start + this.#uint16(start - 2));
  }

  indexOf(type: number): number {
    for (let i = 0; i < this.count; i++) if (this.type(i) === type) return i;
    return -1;
  }

  /** A view of the contents. */
  find(type: number): Uint8Array | undefined {
    const index = this.indexOf(type);
    return index < 0 ? undefined : this.enter(new ByteReader(this.#source), index).rest();
  }

  /** What `read` makes of the contents. @throws {TlsAlert} decode_error where it leaves something over */
  decode<T>(type: number, read: (reader: ByteReader) => T): T | undefined {
    const index = this.indexOf(type);
    if (index < 0) return undefined;
    return readWhole(this.enter(new ByteReader(this.#source), index), read);
  }

  /** All of them, in their order. */
  list(): Extension[] {
    return this.#starts.map((start) => {
      const contents = start + EXTENSION_HEADER_LENGTH;
      const data = this.#source.subarray(contents, contents + this.#uint16(start + 2));
      return { type: this.#uint16(start), data };
    });
  }

  #add(reader: ByteReader): void {
    const start = reader.offset;
    const type = reader.uint16();
    reader.skip(reader.uint16());
    if (SEEN_TYPES[type] === 1) throw illegalParameter(`extension ${type} comes twice`);
    SEEN_TYPES[type] = 1;
    this.#starts.push(start);
  }

  #uint16(at: number): number {
    return ((this.#source[at] as number) << 8) | (this.#source[at + 1] as number);
  }
}

/** An extension whose contents `write` writes, given `value`. */
export function writeExtension<T>(
  writer: ByteWriter,
  type: number,
  write: (writer: ByteWriter, value: T) => void,
  value: T,
): void {
  writer.uint16(type).vector(2, write, value);
}

/**
 * What a server may answer: extensions that belong to this message and that the client offered.
 * @throws {TlsAlert} illegal_parameter or unsupported_extension (RFC 9846 §4.3)
 */
export function checkAnswers(
  extensions: ExtensionBlock,
  bearer: ExtensionBearer,
  offered: readonly number[],
): void {
  for (let i = 0; i < extensions.count; i++) {
    const type = extensions.type(i);
    const bearers = ANSWERED_IN.get(type);
    if (bearers !== undefined && !bearers.includes(bearer)) {
      throw illegalParameter(`extension ${type} in ${bearer}`);
    }
    // The cookie is the one answer that was not asked for.
    if (type !== ExtensionType.cookie && !offered.includes(type)) {
      throw new TlsAlert(Alert.unsupported_extension, `extension ${type} was not offered`);
    }
  }
}

/** Octets of type and length in front of the contents. */
const EXTENSION_HEADER_LENGTH = 4;

/** Types of the block that is being read: all zeros in between. */
const SEEN_TYPES: Uint8Array = new Uint8Array(0x1_0000);

const NOTHING = new Uint8Array(0);
