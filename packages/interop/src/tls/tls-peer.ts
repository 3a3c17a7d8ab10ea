import type { GroupName } from '@mpquic/crypto';
import type { CipherSuiteName, ExternalPsk } from '@mpquic/tls';
import type { CertificateFiles } from '../certificate-files.ts';
import type { CaseContext } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';

/** How the peer is to be configured. */
export interface TlsSettings {
  readonly suite: CipherSuiteName;
  /** Groups that it takes; a client shares a key for the first, or the first two. */
  readonly groups: readonly GroupName[];
  readonly psk?: ExternalPsk;
  /** Whether the client's share is refused by a HelloRetryRequest. */
  readonly retried?: boolean;
  /** What its server shows, or what its client trusts. */
  readonly certificate?: CertificateFiles;
  /** Where a client stores its session; one that is there is taken up. */
  readonly sessionFile?: string;
}

/** A program that speaks TLS 1.3 over TCP, on 127.0.0.1. */
export interface TlsPeer {
  /** What it sends back when our client sends `hello`. */
  readonly echo: string;
  /** Whether its client, given a session file, connects twice by itself and speaks the second time. */
  readonly reconnects: boolean;
  /** Why it cannot be so configured as `peerRole`, or undefined. */
  lacks(settings: TlsSettings, peerRole: 'client' | 'server'): string | undefined;
  /** Starts its server, which writes a key log into {@link keyLogFile}. */
  startServer(context: CaseContext, settings: TlsSettings, port: number): Promise<PeerProcess>;
  /** Starts its client, which sends what is written to its input and prints what it gets. */
  startClient(context: CaseContext, settings: TlsSettings, port: number): Promise<PeerProcess>;
}

export function keyLogFile({ folder }: CaseContext): string {
  return `${folder}/peer-keys.log`;
}
