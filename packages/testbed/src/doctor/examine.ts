import type { Finding } from './finding.ts';
import { networkFindings } from './network.ts';
import { privilegeFindings } from './privilege.ts';
import { runTimeFindings } from './run-time.ts';
import { speedFindings } from './speed.ts';
import { peerFindings, toolFindings } from './tools.ts';

/** Looks at everything that decides what runs on this machine, and how fast. */
export async function examine(): Promise<readonly Finding[]> {
  const found = await Promise.all([
    speedFindings(),
    networkFindings(),
    toolFindings(),
    peerFindings(),
    privilegeFindings(),
  ]);
  return [...runTimeFindings(), ...found.flat()];
}
