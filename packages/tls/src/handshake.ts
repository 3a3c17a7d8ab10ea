import type {
  CertificateVerifier,
  CryptoProvider,
  GroupName,
  HashName,
  ServerCertificate,
} from '@mpquic/crypto';
import type { Alert } from './alert.ts';
import type { SealingKeys } from './sealing-keys.ts';

/** The levels at which QUIC carries TLS bytes. RFC 9001 §4.1.4 */
export type EncryptionLevel = 'initial' | 'early' | 'handshake' | 'application';

export type CipherSuiteName =
  | 'TLS_AES_128_GCM_SHA256'
  | 'TLS_AES_256_GCM_SHA384'
  | 'TLS_CHACHA20_POLY1305_SHA256';

/** How an external PSK is used: as it is (`ext binder`), or imported by RFC 9258 (`imp binder`). */
export type PskMode = 'raw' | 'imported';

/** An external pre-shared key. RFC 9846 §4.3.11, RFC 9257, RFC 9258 */
export interface ExternalPsk {
  /** 1 to 65535 octets, sent in the clear. For `imported`, the external identity before import. */
  readonly identity: Uint8Array;
  /** At least 16 octets (RFC 9257 §6). Wiped by its owner, copied by whoever keeps it. */
  readonly key: Uint8Array;
  /** The hash it is bound to; SHA-256 unless provisioned otherwise. */
  readonly hash: HashName;
  readonly mode: PskMode;
  /** RFC 9258 §5.1 context, 0 to 65535 octets, sent in the clear; only with `imported`. */
  readonly context?: Uint8Array;
}

/** What a server must look up before it can go on: the identities that the client offers, in its order. */
export interface PskLookup {
  /** As on the wire; at most {@link MAX_OFFERED_IDENTITIES} of them. */
  readonly identities: readonly Uint8Array[];
}

export interface HandshakeParameters {
  readonly crypto: CryptoProvider;
  /** Preference order; all three when absent. */
  readonly cipherSuites?: readonly CipherSuiteName[] | undefined;
  /** Preference order; x25519, secp256r1, secp384r1 when absent. */
  readonly groups?: readonly GroupName[] | undefined;
  /** Protocol names, in order of preference; at least one (RFC 9001 §8.1). */
  readonly alpn: readonly string[];
  /** The encoded quic_transport_parameters extension of this side. */
  readonly transportParameters: Uint8Array;
  /** Whether `key_log` events are wanted. */
  readonly keyLog?: boolean | undefined;
  /**
   * `quic`, the default: the rules of RFC 9001 §8. `stream`: those of TLS over a record layer, which
   * is the caller's (tests against other TLS stacks): no transport parameters, ALPN may be left out,
   * a legacy session ID is echoed.
   */
  readonly transport?: 'quic' | 'stream' | undefined;
}

export interface ClientHandshakeParameters extends HandshakeParameters {
  readonly serverName?: string | undefined;
  /** Offered in this order. With any, a server that does not select one is refused: no fallback. */
  readonly psks: readonly ExternalPsk[];
  /** Decides about the server's certificate; needed where there is no PSK, of no effect with one. */
  readonly trust?: CertificateVerifier | undefined;
  /** An earlier session to resume; a server that declines it shows its certificate. Not with PSKs. */
  readonly session?: ResumableSession | undefined;
  /** Whether 0-RTT is offered where the session allows it; off by default. */
  readonly earlyData?: boolean | undefined;
}

/** What a client keeps of a session to resume it. Its key is a secret; use a ticket once. */
export interface SessionTicket {
  /** The ticket, opaque. */
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
  readonly cipherSuite: CipherSuiteName;
  /** Seconds after its receipt, at most 7 days. */
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly alpn: string;
  readonly serverName: string | undefined;
  /** Octets of 0-RTT; 0 for none. QUIC only knows all or nothing. RFC 9001 §4.6.1 */
  readonly maxEarlyDataSize: number;
}

export interface ResumableSession {
  readonly ticket: SessionTicket;
  /** Milliseconds since the ticket came. */
  readonly age: number;
}

export interface ServerHandshakeParameters extends HandshakeParameters {
  /** Shown to clients that use no PSK; without it, a PSK is required. */
  readonly certificate?: ServerCertificate | undefined;
  /**
   * Whether an external PSK is required even where a certificate is configured: then neither a
   * certificate nor a ticket is good enough.
   */
  readonly requirePsk?: boolean | undefined;
  /**
   * Makes the transport parameters of this side out of the client's, in place of those given: for
   * what follows from them. What it throws ends the handshake.
   */
  readonly answerParameters?: ((client: Uint8Array) => Uint8Array) | undefined;
  /** Lets clients resume, never after a handshake by external PSK. */
  readonly tickets?: TicketPolicy | undefined;
  /** Puts what a server must remember across a HelloRetryRequest into a cookie, so that it may forget. */
  readonly cookieKeys?: SealingKeys | undefined;
}

export interface TicketPolicy {
  readonly keys: SealingKeys;
  /** Seconds; 2 hours when absent, at most 7 days. */
  readonly lifetime?: number;
  /**
   * What a ticket is good for beyond its kind: one that was sealed under another scope is not opened.
   * Asked for when a ticket comes, and when one is issued.
   */
  readonly scope?: () => string;
  /** Without it no 0-RTT is accepted. */
  readonly earlyData?: EarlyDataPolicy;
}

/** 0-RTT can be replayed: RFC 9846 §8. */
export interface EarlyDataPolicy {
  /** 0-RTT is accepted only where these are as they were: transport parameters, application settings. */
  readonly settings: Uint8Array;
  /** Whether this ticket was not used before, and counts as used from now on. */
  firstUse(ticket: Uint8Array): boolean;
}

export interface HandshakeSummary {
  readonly cipherSuite: CipherSuiteName;
  readonly group: GroupName;
  /** Empty only over `stream` and without ALPN. */
  readonly alpn: string;
  readonly serverName: string | undefined;
  /** The external PSK that authenticated both sides; `identity` is the external identity (before import). */
  readonly psk: { readonly identity: Uint8Array; readonly mode: PskMode } | undefined;
  /** Whether a session was resumed by its ticket. */
  readonly resumed: boolean;
  /** Client only: the server's certificate in DER, where it authenticated itself by one just now. */
  readonly certificate?: Uint8Array;
}

export type HandshakeEvent =
  /** CRYPTO data to send at `level`. */
  | { readonly type: 'send'; readonly level: EncryptionLevel; readonly data: Uint8Array }
  /** A traffic secret to install, before anything of its level is sent or read. RFC 9001 §4.1.4 */
  | {
      readonly type: 'secret';
      readonly level: Exclude<EncryptionLevel, 'initial'>;
      readonly direction: 'read' | 'write';
      readonly cipherSuite: CipherSuiteName;
      /** 32 or 48 octets; the receiver owns and wipes it. */
      readonly secret: Uint8Array;
    }
  | { readonly type: 'transport_parameters'; readonly data: Uint8Array }
  /** Server only: answer with `answerPskLookup`, now or later; the machine waits. */
  | { readonly type: 'psk_lookup'; readonly lookup: PskLookup }
  /** The peer's Finished was verified (RFC 9001 §4.1.1: handshake complete). */
  | { readonly type: 'complete'; readonly summary: HandshakeSummary }
  /** One line of an NSS key log, only where asked for. */
  | { readonly type: 'key_log'; readonly line: string }
  /** Client only: for a later handshake. Not after a handshake by external PSK. */
  | { readonly type: 'session_ticket'; readonly ticket: SessionTicket }
  /** Client only, where it offered 0-RTT: without acceptance all of it is lost. RFC 9001 §4.6.2 */
  | { readonly type: 'early_data'; readonly accepted: boolean };

/** A TLS 1.3 handshake without a record layer. */
export interface Handshake {
  readonly role: 'client' | 'server';
  /** Client only: makes the ClientHello. */
  start(): void;
  /**
   * In-order CRYPTO data of one level; the machine keeps no view of them. The connection ends by what
   * it throws.
   * @throws {TlsAlert}
   * @throws {ProtocolViolation} which is the transport error PROTOCOL_VIOLATION instead of an alert
   */
  receive(level: EncryptionLevel, data: Uint8Array): void;
  /**
   * Answers a `psk_lookup`: per offered identity the PSK it names, or undefined. With none, the
   * binder is checked against a random key, so that unknown identities and wrong keys look alike.
   * @throws {TlsAlert}
   */
  answerPskLookup(psks: readonly (ExternalPsk | undefined)[]): void;
  nextEvent(): HandshakeEvent | undefined;
  /** Wipes every secret the machine still holds. */
  dispose(): void;
}

/** More offered identities than this are refused with illegal_parameter. */
export const MAX_OFFERED_IDENTITIES = 32;

/** The handshake cannot go on; the alert is to be sent as CONNECTION_CLOSE 0x0100 + `alert`. RFC 9001 §4.8 */
export class TlsAlert extends Error {
  readonly code = 'TLS_ALERT';
  override readonly name = 'TlsAlert';
  readonly alert: Alert;

  constructor(alert: Alert, reason: string) {
    super(reason);
    this.alert = alert;
  }
}
