import { UsageError } from '@mpquic/wire';
import type { ClientHandshakeParameters, Handshake } from '../handshake.ts';
import { type HandshakeConfig, resolveConfig } from '../handshake-config.ts';
import {
  type HandshakeBeginning,
  HandshakeMachine,
  type HandshakeState,
} from '../handshake-machine.ts';
import { HandshakeOutput } from '../handshake-output.ts';
import type { ClientContext } from './client-context.ts';
import { ExpectServerHello } from './expect-server-hello.ts';
import { type OfferedPsk, offerPsks, offerTicket } from './offered-psk.ts';

/**
 * The client's side of a handshake; `start` makes its first message.
 * @throws {UsageError} on parameters that cannot lead to a handshake
 */
export function createClientHandshake(parameters: ClientHandshakeParameters): Handshake {
  const config = resolveConfig(parameters);
  const { psks, trust, serverName, keyLog, earlyData } = parameters;
  if (psks.length === 0 && trust === undefined) {
    throw new UsageError(
      'a client needs a PSK, or a trust anchor for the certificate of the server',
    );
  }
  const output = new HandshakeOutput(keyLog ?? false);
  const context: ClientContext = {
    config,
    serverName,
    // With a PSK, no certificate is good enough.
    trust: psks.length === 0 ? trust : undefined,
    output,
    random: config.crypto.random.fill(new Uint8Array(32)),
  };
  const offered = offeredPsks(config, parameters);
  return new HandshakeMachine(
    'client',
    output,
    new ClientBeginning(context, offered, earlyData ?? false),
  );
}

class ClientBeginning implements HandshakeBeginning {
  readonly #context: ClientContext;
  readonly #offered: readonly OfferedPsk[];
  readonly #earlyData: boolean;

  constructor(context: ClientContext, offered: readonly OfferedPsk[], earlyData: boolean) {
    this.#context = context;
    this.#offered = offered;
    this.#earlyData = earlyData;
  }

  begin(): HandshakeState {
    return ExpectServerHello.begin(this.#context, this.#offered, this.#earlyData);
  }

  wipe(): void {
    for (const { schedule } of this.#offered) schedule.wipe();
  }
}

function offeredPsks(
  { crypto, suites }: HandshakeConfig,
  { psks, session, serverName }: ClientHandshakeParameters,
): readonly OfferedPsk[] {
  if (session === undefined) return offerPsks(crypto, psks, suites);
  if (psks.length > 0) throw new UsageError('a client offers PSKs or a session, not both');
  const offered = offerTicket(crypto, session, serverName, suites);
  return offered === undefined ? [] : [offered];
}
