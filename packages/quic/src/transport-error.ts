/** Transport error codes, by the names of their registry. RFC 9000 §20.1, RFC 9368 §10, MP-21 §4.2.1 */
export const TransportErrorCode = {
  /** Closing, or abandoning a path, without an error. */
  NO_ERROR: 0x00,
  /** A defect of the endpoint that reports it. */
  INTERNAL_ERROR: 0x01,
  /** The server does not take new connections. */
  CONNECTION_REFUSED: 0x02,
  /** More data than the limits allow. */
  FLOW_CONTROL_ERROR: 0x03,
  /** More streams than the limit allows. */
  STREAM_LIMIT_ERROR: 0x04,
  /** A frame for a stream whose state does not permit it. */
  STREAM_STATE_ERROR: 0x05,
  /** Data beyond a final size, or a final size that changed. */
  FINAL_SIZE_ERROR: 0x06,
  /** A frame that is badly formatted. */
  FRAME_ENCODING_ERROR: 0x07,
  /** Transport parameters that are badly formatted, invalid, missing or forbidden. */
  TRANSPORT_PARAMETER_ERROR: 0x08,
  /** More connection IDs than active_connection_id_limit. */
  CONNECTION_ID_LIMIT_ERROR: 0x09,
  /** Any other breach of the protocol. */
  PROTOCOL_VIOLATION: 0x0a,
  /** An Initial with an invalid token. */
  INVALID_TOKEN: 0x0b,
  /** The application caused the close during the handshake. */
  APPLICATION_ERROR: 0x0c,
  /** More CRYPTO data than is buffered. */
  CRYPTO_BUFFER_EXCEEDED: 0x0d,
  /** A key update that breaks the rules of RFC 9001 §6. */
  KEY_UPDATE_ERROR: 0x0e,
  /** The keys have protected, or failed to open, as many packets as they may. */
  AEAD_LIMIT_REACHED: 0x0f,
  /** No network path supports QUIC. */
  NO_VIABLE_PATH: 0x10,
  /** Version negotiation was tampered with. RFC 9368 §4 */
  VERSION_NEGOTIATION_ERROR: 0x11,
  /** The application asked to abandon the path. */
  APPLICATION_ABANDON_PATH: 0x3e,
  /** No resources to maintain the path. */
  PATH_RESOURCE_LIMIT_REACHED: 0x3e75,
  /** The path's interface is unstable or performs poorly. */
  PATH_UNSTABLE_OR_POOR: 0x3e76,
  /** No connection ID for the path. */
  NO_CID_AVAILABLE_FOR_PATH: 0x3e77,
} as const;
export type TransportErrorName = keyof typeof TransportErrorCode;

/** The first of 256 codes, one per TLS alert. RFC 9001 §4.8 */
const CRYPTO_ERROR = 0x0100;

/**
 * The peer broke the protocol, or this endpoint cannot go on: the connection closes with
 * CONNECTION_CLOSE 0x1c. The reason goes to the peer, so it never holds secrets.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: number;
  /** The frame that caused it, 0 where unknown. */
  readonly frameType: number;

  constructor(code: TransportErrorName | number, reason: string, frameType = 0) {
    super(reason);
    this.code = typeof code === 'number' ? code : TransportErrorCode[code];
    this.frameType = frameType;
  }

  /** The reason phrase. */
  get reason(): string {
    return this.message;
  }
}

/** The transport error that carries a TLS alert. RFC 9001 §4.8 */
export function cryptoErrorCode(alert: number): number {
  return CRYPTO_ERROR + alert;
}

/** The TLS alert that a transport error carries, or undefined. */
export function alertOfErrorCode(code: number): number | undefined {
  return code >= CRYPTO_ERROR && code < CRYPTO_ERROR + 256 ? code - CRYPTO_ERROR : undefined;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(TransportErrorCode).map(([name, code]) => [code, name]),
);

/** The code's name, `CRYPTO_ERROR 0x133` for alerts, or hexadecimal where it has none. */
export function transportErrorName(code: number): string {
  const hexadecimal = `0x${code.toString(16)}`;
  if (alertOfErrorCode(code) !== undefined) return `CRYPTO_ERROR ${hexadecimal}`;
  return NAMES.get(code) ?? hexadecimal;
}
