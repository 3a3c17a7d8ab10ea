import {
  type Address,
  ByteReader,
  ByteWriter,
  type Duration,
  formatIp,
  parseIp,
  UnexpectedEnd,
  VarintTooLarge,
  varintLength,
} from '@mpquic/wire';
import { TransportError } from '../transport-error.ts';
import { MAX_CONNECTION_ID_LENGTH, RESET_TOKEN_LENGTH } from './connection-id-codecs.ts';
import { MAX_PATH_ID } from './frame-codec.ts';
import type { Mutable } from './mutable.ts';

/** What an endpoint declares of itself in the handshake; absent integers have their defaults. RFC 9000 §18.2 */
export interface TransportParameters {
  /** Server only. */
  readonly originalDestinationConnectionId?: Uint8Array | undefined;
  /** In microseconds, sent as milliseconds; 0 where there is none. */
  readonly maxIdleTimeout: Duration;
  /** 16 octets. Server only. */
  readonly statelessResetToken?: Uint8Array | undefined;
  readonly maxUdpPayloadSize: number;
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
  readonly ackDelayExponent: number;
  /** In microseconds, sent as milliseconds. */
  readonly maxAckDelay: Duration;
  readonly disableActiveMigration: boolean;
  /** Server only. */
  readonly preferredAddress?: PreferredAddress | undefined;
  readonly activeConnectionIdLimit: number;
  readonly initialSourceConnectionId?: Uint8Array | undefined;
  /** Server only. */
  readonly retrySourceConnectionId?: Uint8Array | undefined;
  /** RFC 9368 §3 */
  readonly versionInformation?: VersionInformation | undefined;
  /** 0: takes no DATAGRAM frames. RFC 9221 §3 */
  readonly maxDatagramFrameSize: number;
  /** Undefined: no multipath. MP-21 §2.1 */
  readonly initialMaxPathId?: number | undefined;
}

/** RFC 9000 §18.2, Figure 22 */
export interface PreferredAddress {
  readonly ipv4: Address | undefined;
  readonly ipv6: Address | undefined;
  readonly connectionId: Uint8Array;
  readonly statelessResetToken: Uint8Array;
}

export interface VersionInformation {
  readonly chosen: number;
  readonly available: readonly number[];
}

/** What holds where a parameter is absent: each of them has its place. */
export const DEFAULT_TRANSPORT_PARAMETERS: TransportParameters = {
  originalDestinationConnectionId: undefined,
  maxIdleTimeout: 0,
  statelessResetToken: undefined,
  maxUdpPayloadSize: 65527,
  initialMaxData: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
  ackDelayExponent: 3,
  maxAckDelay: 25_000,
  disableActiveMigration: false,
  preferredAddress: undefined,
  activeConnectionIdLimit: 2,
  initialSourceConnectionId: undefined,
  retrySourceConnectionId: undefined,
  versionInformation: undefined,
  maxDatagramFrameSize: 0,
  initialMaxPathId: undefined,
};

/** The quic_transport_parameters extension; what equals its default stays out. RFC 9000 §18 */
export function encodeTransportParameters(parameters: TransportParameters): Uint8Array {
  const writer = new ByteWriter(256);
  for (const parameter of PARAMETERS) encodeOne(parameter, parameters, writer);
  return writer.finish();
}

/**
 * Reads the extension of the side named. Unknown parameters are ignored.
 * @throws {TransportError} TRANSPORT_PARAMETER_ERROR
 */
export function decodeTransportParameters(
  bytes: Uint8Array,
  sender: 'client' | 'server',
): TransportParameters {
  const parameters: Mutable<TransportParameters> = { ...DEFAULT_TRANSPORT_PARAMETERS };
  const reader = new ByteReader(bytes);
  const value = new ByteReader(bytes);
  let seen = 0;
  let unknown: Set<number> | undefined;
  try {
    while (reader.remaining > 0) {
      const id = reader.varintSaturating();
      const length = reader.varint();
      const start = reader.offset;
      reader.skip(length);
      const known = KNOWN.get(id);
      if (known === undefined) {
        unknown ??= new Set();
        noteUnknown(id, unknown);
        continue;
      }
      if ((seen & known.flag) !== 0) throw duplicate(id);
      seen |= known.flag;
      if (sender === 'client' && known.serverOnly) throw invalid(`${known.name} from a client`);
      decodeOne(known, value.reset(bytes, start, start + length), parameters);
    }
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof VarintTooLarge) {
      throw invalid('malformed');
    }
    throw error;
  }
  return parameters;
}

/** Identifiers above 2^53-2 are not told apart. */
function noteUnknown(id: number, unknown: Set<number>): void {
  if (id === Number.MAX_SAFE_INTEGER) return;
  if (unknown.has(id)) throw duplicate(id);
  unknown.add(id);
}

type Name = keyof TransportParameters;
/** All of them present, so that name, codec and value go together. */
type Values = { -readonly [N in Name]-?: NonNullable<TransportParameters[N]> };

interface ParameterCodec<V> {
  readonly id: number;
  read(reader: ByteReader): V;
  /** With its length before it. */
  write(value: V, writer: ByteWriter): void;
}

const CODECS: { readonly [N in Name]: ParameterCodec<Values[N]> } = {
  originalDestinationConnectionId: connectionId(0x00),
  maxIdleTimeout: milliseconds(0x01, Number.MAX_SAFE_INTEGER),
  statelessResetToken: {
    id: 0x02,
    read: (reader) => reader.bytes(RESET_TOKEN_LENGTH).slice(),
    write: writeOctets,
  },
  maxUdpPayloadSize: integer(0x03, 1200, Number.MAX_SAFE_INTEGER),
  initialMaxData: integer(0x04),
  initialMaxStreamDataBidiLocal: integer(0x05),
  initialMaxStreamDataBidiRemote: integer(0x06),
  initialMaxStreamDataUni: integer(0x07),
  initialMaxStreamsBidi: streamCount(0x08),
  initialMaxStreamsUni: streamCount(0x09),
  ackDelayExponent: integer(0x0a, 0, 20),
  maxAckDelay: milliseconds(0x0b, 2 ** 14 - 1),
  disableActiveMigration: { id: 0x0c, read: () => true, write: (_, writer) => writer.varint(0) },
  preferredAddress: { id: 0x0d, read: readPreferredAddress, write: writePreferredAddress },
  activeConnectionIdLimit: integer(0x0e, 2, Number.MAX_SAFE_INTEGER),
  initialSourceConnectionId: connectionId(0x0f),
  retrySourceConnectionId: connectionId(0x10),
  versionInformation: { id: 0x11, read: readVersions, write: writeVersions },
  maxDatagramFrameSize: integer(0x20),
  initialMaxPathId: integer(0x3e, 0, MAX_PATH_ID),
};

const SERVER_ONLY: ReadonlySet<Name> = new Set<Name>([
  'originalDestinationConnectionId',
  'statelessResetToken',
  'preferredAddress',
  'retrySourceConnectionId',
]);

/** All that is to be known of one parameter. */
interface Parameter<N extends Name> {
  readonly name: N;
  readonly codec: ParameterCodec<Values[N]>;
  readonly byDefault: TransportParameters[N];
  readonly serverOnly: boolean;
  /** One bit for each. */
  readonly flag: number;
}

const PARAMETERS: readonly Parameter<Name>[] = (Object.keys(CODECS) as Name[]).map(
  (name, index) => ({
    name,
    codec: CODECS[name] as ParameterCodec<Values[Name]>,
    byDefault: DEFAULT_TRANSPORT_PARAMETERS[name],
    serverOnly: SERVER_ONLY.has(name),
    flag: 1 << index,
  }),
);
const KNOWN: ReadonlyMap<number, Parameter<Name>> = new Map(
  PARAMETERS.map((parameter) => [parameter.codec.id, parameter]),
);

function encodeOne<N extends Name>(
  { name, codec, byDefault }: Parameter<N>,
  parameters: TransportParameters,
  writer: ByteWriter,
): void {
  const value = parameters[name];
  if (value === undefined || value === byDefault) return;
  writer.varint(codec.id);
  codec.write(value as Values[N], writer);
}

function decodeOne<N extends Name>(
  { name, codec }: Parameter<N>,
  reader: ByteReader,
  parameters: { [M in Name]?: Values[M] | undefined },
): void {
  parameters[name] = codec.read(reader);
  if (reader.remaining > 0) throw invalid(`${name} is too long`);
}

/** Values above 2^53-1 read as 2^53-1. */
function integer(
  id: number,
  minimum = 0,
  maximum = Number.MAX_SAFE_INTEGER,
): ParameterCodec<number> {
  return {
    id,
    read(reader) {
      const value = reader.varintSaturating();
      if (value < minimum || value > maximum) throw invalid(`0x${id.toString(16)} out of range`);
      return value;
    },
    write: writeInteger,
  };
}

/** First octet of the integers from 2^60 on. */
const FROM_2_60 = 0xd0;

/** RFC 9000 §4.6: at most 2^60. */
function streamCount(id: number): ParameterCodec<number> {
  return {
    id,
    read(reader) {
      if (reader.peek() < FROM_2_60) return reader.varintSaturating();
      if (reader.varint62() > 2n ** 60n) throw invalid('over 2^60 streams');
      return Number.MAX_SAFE_INTEGER;
    },
    write: writeInteger,
  };
}

function milliseconds(id: number, maximum: number): ParameterCodec<Duration> {
  const codec = integer(id, 0, maximum);
  return {
    id,
    read: (reader) => Math.min(codec.read(reader) * 1000, Number.MAX_SAFE_INTEGER),
    write: (value, writer) => writeInteger(Math.ceil(value / 1000), writer),
  };
}

function connectionId(id: number): ParameterCodec<Uint8Array> {
  return {
    id,
    read(reader) {
      if (reader.remaining > MAX_CONNECTION_ID_LENGTH) throw invalid('connection ID too long');
      const { source, offset, end } = reader;
      reader.skip(end - offset);
      return source.slice(offset, end);
    },
    write: writeOctets,
  };
}

function writeInteger(value: number, writer: ByteWriter): void {
  writer.varint(varintLength(value)).varint(value);
}

function writeOctets(value: Uint8Array, writer: ByteWriter): void {
  writer.varint(value.length).bytes(value);
}

function readPreferredAddress(reader: ByteReader): PreferredAddress {
  const ipv4 = readAddress(reader, 4);
  const ipv6 = readAddress(reader, 16);
  const length = reader.uint8();
  if (length < 1 || length > MAX_CONNECTION_ID_LENGTH) {
    throw invalid(`preferred address with a connection ID of ${length} octets`);
  }
  const id = reader.bytes(length).slice();
  return {
    ipv4,
    ipv6,
    connectionId: id,
    statelessResetToken: reader.bytes(RESET_TOKEN_LENGTH).slice(),
  };
}

/** All zero where the family is not offered. */
function readAddress(reader: ByteReader, octets: 4 | 16): Address | undefined {
  const address = reader.bytes(octets);
  const port = reader.uint16();
  if (port === 0 && address.every((octet) => octet === 0)) return undefined;
  return { host: formatIp(address), port };
}

function writePreferredAddress(preferred: PreferredAddress, writer: ByteWriter): void {
  writer.varintVector((body) => {
    writeAddress(preferred.ipv4, 4, body);
    writeAddress(preferred.ipv6, 16, body);
    body.uint8(preferred.connectionId.length).bytes(preferred.connectionId);
    body.bytes(preferred.statelessResetToken);
  });
}

function writeAddress(address: Address | undefined, octets: 4 | 16, writer: ByteWriter): void {
  writer.bytes(address ? parseIp(address.host) : new Uint8Array(octets));
  writer.uint16(address?.port ?? 0);
}

/** RFC 9368 §3: versions are never 0. */
function readVersions(reader: ByteReader): VersionInformation {
  const chosen = reader.uint32();
  const available: number[] = [];
  while (reader.remaining > 0) available.push(reader.uint32());
  if (chosen === 0 || available.includes(0)) throw invalid('version 0');
  return { chosen, available };
}

function writeVersions({ chosen, available }: VersionInformation, writer: ByteWriter): void {
  writer.varint(4 + 4 * available.length).uint32(chosen);
  for (const version of available) writer.uint32(version);
}

function duplicate(id: number): TransportError {
  return invalid(`duplicate 0x${id.toString(16)}`);
}

function invalid(what: string): TransportError {
  return new TransportError('TRANSPORT_PARAMETER_ERROR', `transport parameters: ${what}`);
}
