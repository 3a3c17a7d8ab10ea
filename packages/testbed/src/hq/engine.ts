import type { EndpointOptions } from '@mpquic/endpoint';
import { createNgtcp2ConnectionSet, ngtcp2Version } from '@mpquic/ngtcp2';
import { CommandFailure } from '../cli/failure.ts';

/** QUIC engines of `mpq quic-server` and `mpq quic-client`; `mpquic` is this project's own. */
export type EngineName = 'mpquic' | 'ngtcp2-wasm';

/** What makes an endpoint run on the engine. @throws {CommandFailure} unsupported, where it is not built */
export function engineOptions(engine: EngineName): Pick<EndpointOptions, 'connections'> {
  if (engine === 'mpquic') return {};
  if (ngtcp2Version() === undefined) {
    throw CommandFailure.unsupported(
      'the engine ngtcp2-wasm is not built: run scripts/build-ngtcp2-wasm.sh (Debian, emscripten)',
    );
  }
  return { connections: createNgtcp2ConnectionSet };
}
