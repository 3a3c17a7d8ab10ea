import type { Measurement } from '../result.ts';
import { isBuilt, runCProgram } from './c-program.ts';

const PROGRAM = 'udp_ceiling';

export function ceilingIsBuilt(): boolean {
  return isBuilt(PROGRAM);
}

/** What a C program carries over the loopback interface that does nothing but protect, send, receive and open. */
export async function measureCeiling(
  milliseconds: number,
  datagramSize: number,
): Promise<Measurement> {
  const told = await runCProgram(PROGRAM, milliseconds, String(datagramSize));
  return {
    value: told['gbit'] ?? Number.NaN,
    details: {
      'sender CPU us/packet': told['senderCpu'] ?? Number.NaN,
      'receiver CPU us/packet': told['receiverCpu'] ?? Number.NaN,
    },
  };
}
