import type { CertificateVerifier } from '@mpquic/crypto';
import type { HandshakeConfig } from '../handshake-config.ts';
import type { HandshakeOutput } from '../handshake-output.ts';

/** What every state of the client knows. */
export interface ClientContext {
  readonly config: HandshakeConfig;
  readonly serverName: string | undefined;
  /** Undefined where external PSKs are offered: then no certificate will do. */
  readonly trust: CertificateVerifier | undefined;
  readonly output: HandshakeOutput;
  /** The random of both ClientHellos, 32 octets. */
  readonly random: Uint8Array;
}
