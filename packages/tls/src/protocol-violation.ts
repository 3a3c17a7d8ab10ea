/**
 * The peer broke a rule that QUIC adds to TLS, for which the connection ends with the transport error
 * PROTOCOL_VIOLATION (0x0a) instead of an alert: a legacy_session_id (RFC 9001 §8.4), or data of an
 * encryption level left over when the next begins (RFC 9001 §4.1.3).
 */
export class ProtocolViolation extends Error {
  readonly code = 'PROTOCOL_VIOLATION';
  override readonly name = 'ProtocolViolation';
}
