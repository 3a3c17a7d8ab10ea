import type { ServerCertificate } from '@mpquic/crypto';
import type { TicketPolicy } from '../handshake.ts';
import type { HandshakeConfig } from '../handshake-config.ts';
import type { HandshakeOutput } from '../handshake-output.ts';
import type { SealingKeys } from '../sealing-keys.ts';

/** What every state of the server knows. */
export interface ServerContext {
  readonly config: HandshakeConfig;
  readonly output: HandshakeOutput;
  /** Undefined where an external PSK is required: then neither certificate nor ticket counts. */
  readonly certificate: ServerCertificate | undefined;
  /** Only with a certificate. */
  readonly tickets: TicketPolicy | undefined;
  readonly answerParameters: ((client: Uint8Array) => Uint8Array) | undefined;
  readonly cookieKeys: SealingKeys | undefined;
}
