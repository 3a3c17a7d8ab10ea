import { runEngineClient } from './engine-client.ts';
import { tell } from './engine-events.ts';
import { readEngineOptions } from './engine-options.ts';
import { runEngineServer } from './engine-server.ts';

/** A program of the matrix that runs ngtcp2 as WebAssembly, as `QuicPeer` says. */
export async function runEnginePeer(args: readonly string[]): Promise<void> {
  const options = readEngineOptions(args);
  if (options.role === 'server') {
    await runEngineServer(options);
    return;
  }
  try {
    await runEngineClient(options);
  } catch (error) {
    tell('error', { reason: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}
