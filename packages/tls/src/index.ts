export { Alert, alertName } from './alert.ts';
export { CIPHER_SUITES, type CipherSuite } from './cipher-suites.ts';
export { createClientHandshake } from './client/client-handshake.ts';
export { checkExternalPsk, MIN_PSK_LENGTH } from './external-psk.ts';
export {
  type CipherSuiteName,
  type ClientHandshakeParameters,
  type EarlyDataPolicy,
  type EncryptionLevel,
  type ExternalPsk,
  type Handshake,
  type HandshakeEvent,
  type HandshakeParameters,
  type HandshakeSummary,
  MAX_OFFERED_IDENTITIES,
  type PskLookup,
  type PskMode,
  type ResumableSession,
  type ServerHandshakeParameters,
  type SessionTicket,
  type TicketPolicy,
  TlsAlert,
} from './handshake.ts';
export { ProtocolViolation } from './protocol-violation.ts';
export {
  decodeImportedIdentity,
  encodeImportedIdentity,
  type ImportedIdentity,
} from './psk-importer.ts';
export { InMemoryPskStore, type PskStore } from './psk-store.ts';
export { type SealedKind, SealingKeys, type SealingKeysOptions } from './sealing-keys.ts';
export { createServerHandshake } from './server/server-handshake.ts';
export { UsedTickets, type UsedTicketsOptions } from './used-tickets.ts';
export { pskIdentitiesOnWire, type WireIdentity } from './wire-psk.ts';
