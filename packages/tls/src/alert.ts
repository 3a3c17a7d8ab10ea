/** Alert descriptions used by TLS 1.3. RFC 9846 §6 */
export const Alert = {
  unexpected_message: 10,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
} as const;
export type Alert = (typeof Alert)[keyof typeof Alert];

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Alert).map(([name, value]) => [value, name]),
);

/** The alert's name, or its number where it has none. */
export function alertName(alert: number): string {
  return NAMES.get(alert) ?? `alert_${alert}`;
}
