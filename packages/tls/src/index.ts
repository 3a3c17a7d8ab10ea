export { Alert, alertName } from './alert.ts';
export {
  type CipherSuiteName,
  type ClientHandshakeParameters,
  type EncryptionLevel,
  type ExternalPsk,
  type Handshake,
  type HandshakeEvent,
  type HandshakeParameters,
  type HandshakeSummary,
  MAX_OFFERED_IDENTITIES,
  type PskLookup,
  type PskMode,
  type ServerHandshakeParameters,
  TlsAlert,
} from './handshake.ts';
