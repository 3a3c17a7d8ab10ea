import { ByteReader, fromUtf8 } from '@mpquic/wire';
import { checkNothingLeft, decodeError, readCodes, readList, readVector } from '../codec.ts';
import { ExtensionBlock, ExtensionType } from './extensions.ts';
import { type KeyShareEntry, readKeyShares } from './key-share.ts';
import { type OfferedPsks, readOfferedPsks } from './pre-shared-key.ts';
import { ProtocolNames } from './protocol-names.ts';

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
  readonly extensions: ExtensionBlock;
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
    cipherSuites: readCodes(reader, 2),
    legacyCompressionMethods: readVector(reader, 1, 1),
    // Older versions may leave the block out; without it there is no supported_versions.
    extensions: reader.remaining === 0 ? ExtensionBlock.empty() : ExtensionBlock.read(reader),
  };
}

/** The contents of the extensions that a server acts upon; others are ignored. */
export interface ClientHelloExtensions {
  serverName: string | undefined;
  supportedGroups: readonly number[] | undefined;
  signatureAlgorithms: readonly number[] | undefined;
  /** In the client's order. */
  alpn: ProtocolNames | undefined;
  supportedVersions: readonly number[] | undefined;
  /** Octets, one for each. */
  pskKeyExchangeModes: Uint8Array | undefined;
  keyShares: readonly KeyShareEntry[] | undefined;
  transportParameters: Uint8Array | undefined;
  cookie: Uint8Array | undefined;
  earlyData: boolean;
  preSharedKey: OfferedPsks | undefined;
}

/** @throws {TlsAlert} decode_error, and illegal_parameter from pre_shared_key */
export function readClientHelloExtensions(
  extensions: ExtensionBlock,
): Readonly<ClientHelloExtensions> {
  const contents: ClientHelloExtensions = {
    serverName: undefined,
    supportedGroups: undefined,
    signatureAlgorithms: undefined,
    alpn: undefined,
    supportedVersions: undefined,
    pskKeyExchangeModes: undefined,
    keyShares: undefined,
    transportParameters: undefined,
    cookie: undefined,
    earlyData: false,
    preSharedKey: undefined,
  };
  const reader = new ByteReader(NOTHING);
  for (let i = 0; i < extensions.count; i++) {
    const read = READERS.get(extensions.type(i));
    if (read === undefined) continue;
    read(extensions.enter(reader, i), contents);
    checkNothingLeft(reader);
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
      into.supportedGroups = readCodes(reader, 2);
    },
  ],
  [
    ExtensionType.signature_algorithms,
    (reader, into) => {
      into.signatureAlgorithms = readCodes(reader, 2);
    },
  ],
  [
    ExtensionType.application_layer_protocol_negotiation,
    (reader, into) => {
      into.alpn = ProtocolNames.read(reader);
    },
  ],
  [
    ExtensionType.supported_versions,
    (reader, into) => {
      into.supportedVersions = readCodes(reader, 1);
    },
  ],
  [
    ExtensionType.psk_key_exchange_modes,
    (reader, into) => {
      into.pskKeyExchangeModes = readVector(reader, 1, 1);
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

const NOTHING = new Uint8Array(0);
