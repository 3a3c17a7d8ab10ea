import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measurement } from '../result.ts';

const PROGRAM = fileURLToPath(new URL('../../../../ceiling/build/udp_ceiling', import.meta.url));

/** Whether `make -C packages/testbed/ceiling` was run, as scripts/install-interop.sh does. */
export function ceilingIsBuilt(): boolean {
  return existsSync(PROGRAM);
}

/** What a C program carries over the loopback interface that does nothing but protect, send, receive and open. */
export async function measureCeiling(
  milliseconds: number,
  datagramSize: number,
): Promise<Measurement> {
  const { stdout } = await promisify(execFile)(
    PROGRAM,
    [String(milliseconds), String(datagramSize)],
    { timeout: milliseconds + 30_000 },
  );
  const told = JSON.parse(stdout) as Record<'gbit' | 'senderCpu' | 'receiverCpu', number>;
  return {
    value: told.gbit,
    details: {
      'sender CPU us/packet': told.senderCpu,
      'receiver CPU us/packet': told.receiverCpu,
    },
  };
}
