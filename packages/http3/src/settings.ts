import { ByteReader, ByteWriter, UnexpectedEnd, VarintTooLarge } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';

/** What an endpoint announces in SETTINGS; absent settings have their default. RFC 9114 §7.2.4 */
export interface Http3Settings {
  /** Octets as RFC 9114 §4.2.2 counts them; undefined for no limit. */
  readonly maxFieldSectionSize: number | undefined;
  readonly qpackMaxTableCapacity: number;
  readonly qpackBlockedStreams: number;
  /** RFC 9220 §3 */
  readonly enableConnectProtocol: boolean;
  /** RFC 9297 §2.1.1 */
  readonly h3Datagram: boolean;
  /** Settings that this version does not know, by identifier. */
  readonly unknown: ReadonlyMap<bigint, bigint>;
}

export const defaultSettings: Http3Settings = {
  maxFieldSectionSize: undefined,
  qpackMaxTableCapacity: 0,
  qpackBlockedStreams: 0,
  enableConnectProtocol: false,
  h3Datagram: false,
  unknown: new Map(),
};

const Setting = {
  qpackMaxTableCapacity: 0x01n,
  maxFieldSectionSize: 0x06n,
  qpackBlockedStreams: 0x07n,
  enableConnectProtocol: 0x08n,
  h3Datagram: 0x33n,
} as const;

/** Settings of HTTP/2 that must not come. RFC 9114 §7.2.4.1 */
const RESERVED: ReadonlySet<bigint> = new Set([0x02n, 0x03n, 0x04n, 0x05n]);

/** A setting of the kind that everybody ignores keeps the peer honest. RFC 9114 §7.2.4.1 */
const GREASE = 0x1f * 0x2f + 0x21;

/** The payload of a SETTINGS frame. */
export function encodeSettings(settings: Http3Settings): Uint8Array {
  const writer = new ByteWriter();
  const put = (identifier: bigint, value: number): void => {
    writer.varint62(identifier).varint(value);
  };
  put(Setting.qpackMaxTableCapacity, settings.qpackMaxTableCapacity);
  put(Setting.qpackBlockedStreams, settings.qpackBlockedStreams);
  if (settings.maxFieldSectionSize !== undefined) {
    put(Setting.maxFieldSectionSize, settings.maxFieldSectionSize);
  }
  if (settings.enableConnectProtocol) put(Setting.enableConnectProtocol, 1);
  if (settings.h3Datagram) put(Setting.h3Datagram, 1);
  put(BigInt(GREASE), 0);
  for (const [identifier, value] of settings.unknown) {
    writer.varint62(identifier).varint62(value);
  }
  return writer.finish();
}

/** @throws {Http3ConnectionError} H3_SETTINGS_ERROR, or H3_FRAME_ERROR where the payload is cut short */
export function decodeSettings(payload: Uint8Array): Http3Settings {
  const values = readPairs(payload);
  const number = (identifier: bigint): number | undefined => {
    const value = values.get(identifier);
    values.delete(identifier);
    return value === undefined ? undefined : Number(value);
  };
  const boolean = (identifier: bigint, name: string): boolean => {
    const value = number(identifier) ?? 0;
    if (value > 1) throw new Http3ConnectionError('H3_SETTINGS_ERROR', `${name} is ${value}`);
    return value === 1;
  };
  return {
    qpackMaxTableCapacity: number(Setting.qpackMaxTableCapacity) ?? 0,
    qpackBlockedStreams: number(Setting.qpackBlockedStreams) ?? 0,
    maxFieldSectionSize: number(Setting.maxFieldSectionSize),
    enableConnectProtocol: boolean(Setting.enableConnectProtocol, 'ENABLE_CONNECT_PROTOCOL'),
    h3Datagram: boolean(Setting.h3Datagram, 'H3_DATAGRAM'),
    unknown: values,
  };
}

function readPairs(payload: Uint8Array): Map<bigint, bigint> {
  const reader = new ByteReader(payload);
  const values = new Map<bigint, bigint>();
  try {
    while (reader.remaining > 0) {
      const identifier = reader.varint62();
      if (RESERVED.has(identifier) || values.has(identifier)) {
        const which = RESERVED.has(identifier) ? 'a setting of HTTP/2' : 'a repeated setting';
        throw new Http3ConnectionError('H3_SETTINGS_ERROR', which);
      }
      values.set(identifier, reader.varint62());
    }
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof VarintTooLarge) {
      throw new Http3ConnectionError('H3_FRAME_ERROR', 'SETTINGS is cut short');
    }
    throw error;
  }
  return values;
}
