import { isBuilt, runCProgram } from './c-program.ts';

const PROGRAM = 'handshake_floor';

export function floorInCIsBuilt(): boolean {
  return isBuilt(PROGRAM);
}

/** Microseconds that a C program takes for the cryptography of both sides of a handshake by OpenSSL. */
export async function measureFloorInC(milliseconds: number): Promise<number> {
  const told = await runCProgram(PROGRAM, milliseconds);
  return told['cpuMicroseconds'] ?? Number.NaN;
}
