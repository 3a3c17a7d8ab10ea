import { UsageError } from '@mpquic/wire';
import type { Handshake, ServerHandshakeParameters } from '../handshake.ts';
import { resolveConfig } from '../handshake-config.ts';
import {
  type HandshakeBeginning,
  HandshakeMachine,
  type HandshakeState,
} from '../handshake-machine.ts';
import { HandshakeOutput } from '../handshake-output.ts';
import { ExpectClientHello } from './expect-client-hello.ts';
import type { ServerContext } from './server-context.ts';

/**
 * The server's side of a handshake. It asks for PSKs by `psk_lookup` events.
 * @throws {UsageError} on parameters that cannot lead to a handshake
 */
export function createServerHandshake(parameters: ServerHandshakeParameters): Handshake {
  const config = resolveConfig(parameters);
  const output = new HandshakeOutput(parameters.keyLog ?? false);
  const certificate = parameters.requirePsk === true ? undefined : parameters.certificate;
  if (certificate !== undefined && certificate.chain.length === 0) {
    throw new UsageError('a server certificate needs a chain of at least one certificate');
  }
  const context: ServerContext = {
    config,
    output,
    certificate,
    tickets: certificate && parameters.tickets,
    answerParameters: parameters.answerParameters,
    cookieKeys: parameters.cookieKeys,
  };
  return new HandshakeMachine('server', output, new ServerBeginning(context));
}

/** A server that was not spoken to has nothing to wipe. */
class ServerBeginning implements HandshakeBeginning {
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  begin(): HandshakeState {
    return new ExpectClientHello(this.#context);
  }

  wipe(): void {}
}
