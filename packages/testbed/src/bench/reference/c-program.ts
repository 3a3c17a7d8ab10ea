import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../../../ceiling/build/${name}`, import.meta.url));
}

/** Whether `make -C packages/testbed/ceiling` was run, as scripts/install-interop.sh does. */
export function isBuilt(name: string): boolean {
  return existsSync(pathOf(name));
}

/** What a program of `packages/testbed/ceiling` prints after so many milliseconds. */
export async function runCProgram(
  name: string,
  milliseconds: number,
  ...rest: readonly string[]
): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await promisify(execFile)(
    pathOf(name),
    [String(Math.round(milliseconds)), ...rest],
    { timeout: milliseconds + 30_000 },
  );
  return JSON.parse(stdout) as Record<string, number>;
}
