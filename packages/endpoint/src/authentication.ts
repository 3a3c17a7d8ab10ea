import {
  type CertificateVerifier,
  type CryptoProvider,
  createX509Verifier,
  insecureVerifier,
  loadServerCertificate,
  nodeCryptoProvider,
  type ServerCertificate,
} from '@mpquic/crypto';
import type { ClientConfig, EarlyDataAcceptance, ServerConfig } from '@mpquic/quic';
import { SealingKeys, UsedTickets } from '@mpquic/tls';
import { UsageError } from '@mpquic/wire';
import { invalidArgument } from './errors.ts';
import { decodeSessionTicket } from './session-ticket.ts';

/** A PEM text, or its octets. */
export type Pem = string | Uint8Array;

/** How a client knows its server where it has no PSK; names are those of node:quic and node:tls. */
export interface ClientAuthenticationOptions {
  /** Trust anchors, PEM. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** False believes any certificate: for tests and labs. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Decides about the server's certificate; wins over the two before. See `createX509Verifier`. */
  readonly trust?: CertificateVerifier | undefined;
  /** What `onsessionticket` gave: resumes that session. Once; not with PSKs. */
  readonly sessionTicket?: Uint8Array | undefined;
  /**
   * Sends what is written before the handshake as 0-RTT data, where the ticket allows it. Off by
   * default: an attacker can have a server take such data more than once. RFC 9001 §9.2
   */
  readonly earlyData?: boolean | undefined;
}

/** What a server shows to clients without PSK; names are those of node:quic. */
export interface ServerAuthenticationOptions {
  /** Its certificate and those that certify it, PEM. */
  readonly certs?: Pem | undefined;
  /** The private key of the first, PEM. */
  readonly keys?: Pem | undefined;
  /** Both in one; wins over the two before. See `loadServerCertificate`. */
  readonly certificate?: ServerCertificate | undefined;
  /** Refuses clients that offer no PSK, even where a certificate is there. */
  readonly requirePsk?: boolean | undefined;
  /** Whether clients without PSK get tickets to resume their sessions. Default true. */
  readonly sessionTickets?: boolean | undefined;
  /** Keys of tickets and cookies, which several endpoints may share; own ones when absent. */
  readonly sealingKeys?: SealingKeys | undefined;
  /**
   * Accepts 0-RTT data of resumed sessions, each ticket once. Off by default; endpoints that share
   * `sealingKeys` share one object here. True for an object of this endpoint's own.
   */
  readonly earlyData?: boolean | EarlyDataAcceptance | undefined;
}

/** @throws {QuicError} `ERR_INVALID_ARG_VALUE` on what cannot be used */
export function clientAuthentication(
  options: ClientAuthenticationOptions,
): Pick<ClientConfig, 'trust' | 'session' | 'earlyData'> {
  const { sessionTicket } = options;
  return {
    earlyData: options.earlyData ?? false,
    trust: options.trust ?? trustOf(options),
    session:
      sessionTicket === undefined ? undefined : decodeSessionTicket(sessionTicket, Date.now()),
  };
}

function trustOf({
  ca,
  rejectUnauthorized,
}: ClientAuthenticationOptions): CertificateVerifier | undefined {
  if (rejectUnauthorized === false) return insecureVerifier;
  if (ca === undefined) return undefined;
  const anchors = Array.isArray(ca) ? ca : [ca as Pem];
  const rootsPem = anchors.map(pemText).join('\n');
  return usable(() => createX509Verifier({ rootsPem, currentTime: Date.now }), 'options.ca');
}

/** @throws {QuicError} `ERR_INVALID_ARG_VALUE` on what cannot be used */
export function serverAuthentication(
  options: ServerAuthenticationOptions & { readonly crypto?: CryptoProvider | undefined },
): Pick<ServerConfig, 'certificate' | 'cookieKeys' | 'earlyData' | 'requirePsk' | 'tickets'> {
  const { requirePsk, sessionTickets = true } = options;
  const certificate = options.certificate ?? certificateOf(options);
  const keys =
    options.sealingKeys ??
    new SealingKeys({ crypto: options.crypto ?? nodeCryptoProvider, currentTime: Date.now });
  const earlyData = earlyDataOf(options.earlyData, keys);
  return {
    cookieKeys: keys,
    ...(earlyData === undefined ? {} : { earlyData }),
    ...(requirePsk === undefined ? {} : { requirePsk }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(certificate === undefined || !sessionTickets ? {} : { tickets: { keys } }),
  };
}

function earlyDataOf(
  option: ServerAuthenticationOptions['earlyData'],
  { currentTime }: SealingKeys,
): EarlyDataAcceptance | undefined {
  if (typeof option === 'object') return option;
  return option === true ? new UsedTickets({ currentTime }) : undefined;
}

function certificateOf({
  certs,
  keys,
}: ServerAuthenticationOptions): ServerCertificate | undefined {
  if (certs === undefined && keys === undefined) return undefined;
  if (certs === undefined || keys === undefined) {
    throw invalidArgument('options.certs and options.keys go together');
  }
  const load = (): ServerCertificate => loadServerCertificate(pemText(certs), pemText(keys));
  return usable(load, 'options.certs, options.keys');
}

function pemText(pem: Pem): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
}

function usable<T>(load: () => T, name: string): T {
  try {
    return load();
  } catch (error) {
    throw error instanceof UsageError ? invalidArgument(`${name}: ${error.message}`) : error;
  }
}
