import { type ByteReader, type ByteWriter, fromUtf8 } from '@mpquic/wire';
import { decodeError, decodeWhole, readList, readUint8, readUint16, readVector } from '../codec.ts';
import { type Extension, ExtensionType, readExtensions, writeExtensions } from './extensions.ts';
import { type KeyShareEntry, readKeyShares } from './key-share.ts';
import { type OfferedPsks, readOfferedPsks } from './pre-shared-key.ts';

/** RFC 9846 §4.2.2 */
export interface ClientHello {
  readonly legacyVersion: number;
  /** 32 octets. */
  readonly random: Uint8Array;
  /** 0 to 32 octets; over QUIC none. */
  readonly legacySessionId: Uint8Array;
  /** Code points. */
  readonly cipherSuites: readonly number[];
  readonly legacyCompressionMethods: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function readClientHello(reader: ByteReader): ClientHello {
  const legacyVersion = reader.uint16();
  const random = reader.bytes(32);
  const legacySessionId = readVector(reader, 1);
  if (legacySessionId.length > 32) throw decodeError('a session ID above 32 octets');
  return {
    legacyVersion,
    random,
    legacySessionId,
    cipherSuites: readList(reader, 2, 2, readUint16),
    legacyCompressionMethods: readVector(reader, 1, 1),
    // Older versions may leave the block out; without it there is no supported_versions.
    extensions: reader.remaining === 0 ? [] : readExtensions(reader),
  };
}

export function writeClientHello(writer: ByteWriter, hello: ClientHello): void {
  writer
    .uint16(hello.legacyVersion)
    .bytes(hello.random)
    .vector(1, (content) => content.bytes(hello.legacySessionId))
    .vector(2, (list) => {
      for (const suite of hello.cipherSuites) list.uint16(suite);
    })
    .vector(1, (content) => content.bytes(hello.legacyCompressionMethods));
  writeExtensions(writer, hello.extensions);
}

/** The contents of the extensions that a server acts upon; others are ignored. */
export interface ClientHelloExtensions {
  serverName?: string | undefined;
  supportedGroups?: readonly number[];
  signatureAlgorithms?: readonly number[];
  /** In the client's order. */
  alpn?: readonly string[];
  supportedVersions?: readonly number[];
  pskKeyExchangeModes?: readonly number[];
  keyShares?: readonly KeyShareEntry[];
  transportParameters?: Uint8Array;
  cookie?: Uint8Array;
  earlyData?: boolean;
  preSharedKey?: OfferedPsks;
}

/** @throws {TlsAlert} decode_error, and illegal_parameter from pre_shared_key */
export function readClientHelloExtensions(
  extensions: readonly Extension[],
): Readonly<ClientHelloExtensions> {
  const contents: ClientHelloExtensions = {};
  for (const { type, data } of extensions) {
    const read = READERS.get(type);
    if (read !== undefined) decodeWhole(data, (reader) => read(reader, contents));
  }
  return contents;
}

type ContentReader = (reader: ByteReader, into: ClientHelloExtensions) => void;

const READERS: ReadonlyMap<number, ContentReader> = new Map<number, ContentReader>([
  [
    ExtensionType.server_name,
    (reader, into) => {
      into.serverName = readServerName(reader);
    },
  ],
  [
    ExtensionType.supported_groups,
    (reader, into) => {
      into.supportedGroups = readList(reader, 2, 2, readUint16);
    },
  ],
  [
    ExtensionType.signature_algorithms,
    (reader, into) => {
      into.signatureAlgorithms = readList(reader, 2, 2, readUint16);
    },
  ],
  [
    ExtensionType.application_layer_protocol_negotiation,
    (reader, into) => {
      into.alpn = readList(reader, 2, 2, (name) => fromUtf8(readVector(name, 1, 1)));
    },
  ],
  [
    ExtensionType.supported_versions,
    (reader, into) => {
      into.supportedVersions = readList(reader, 1, 2, readUint16);
    },
  ],
  [
    ExtensionType.psk_key_exchange_modes,
    (reader, into) => {
      into.pskKeyExchangeModes = readList(reader, 1, 1, readUint8);
    },
  ],
  [
    ExtensionType.key_share,
    (reader, into) => {
      into.keyShares = readKeyShares(reader);
    },
  ],
  [
    ExtensionType.quic_transport_parameters,
    (reader, into) => {
      into.transportParameters = reader.rest();
    },
  ],
  [
    ExtensionType.cookie,
    (reader, into) => {
      into.cookie = readVector(reader, 2, 1);
    },
  ],
  [
    ExtensionType.early_data,
    (_reader, into) => {
      into.earlyData = true;
    },
  ],
  [
    ExtensionType.pre_shared_key,
    (reader, into) => {
      into.preSharedKey = readOfferedPsks(reader);
    },
  ],
]);

/** The host_name of a ServerNameList, if it has one. RFC 6066 §3 */
function readServerName(reader: ByteReader): string | undefined {
  const names = readList(reader, 2, 1, (entry) => ({
    type: entry.uint8(),
    name: readVector(entry, 2, 1),
  }));
  const hostName = names.find(({ type }) => type === 0);
  return hostName === undefined ? undefined : fromUtf8(hostName.name);
}
