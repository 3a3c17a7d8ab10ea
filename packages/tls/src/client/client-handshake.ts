import { UsageError } from '@mpquic/wire';
import type { ClientHandshakeParameters, Handshake } from '../handshake.ts';
import { resolveConfig } from '../handshake-config.ts';
import { HandshakeMachine } from '../handshake-machine.ts';
import { HandshakeOutput } from '../handshake-output.ts';
import type { ClientContext } from './client-context.ts';
import { ExpectServerHello } from './expect-server-hello.ts';
import { offerPsks } from './offered-psk.ts';

/**
 * The client's side of a handshake; `start` makes its first message.
 * @throws {UsageError} on parameters that cannot lead to a handshake
 */
export function createClientHandshake(parameters: ClientHandshakeParameters): Handshake {
  const config = resolveConfig(parameters);
  if (parameters.psks.length === 0) throw new UsageError('a client needs a PSK');
  const output = new HandshakeOutput(parameters.keyLog ?? false);
  const context: ClientContext = {
    config,
    serverName: parameters.serverName,
    output,
    random: config.crypto.random.fill(new Uint8Array(32)),
  };
  const psks = offerPsks(config.crypto, parameters.psks, config.suites);
  return new HandshakeMachine('client', output, () => ExpectServerHello.begin(context, psks));
}
