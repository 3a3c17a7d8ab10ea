import type { HandshakeConfig } from '../handshake-config.ts';
import type { HandshakeOutput } from '../handshake-output.ts';

/** What every state of the server knows. */
export interface ServerContext {
  readonly config: HandshakeConfig;
  readonly output: HandshakeOutput;
}
