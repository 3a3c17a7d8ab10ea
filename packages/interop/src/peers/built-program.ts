import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Availability } from '../matrix.ts';

const PEERS = new URL('../../../peers/', import.meta.url);
const INSTALLED = new URL('../../../../../.interop/', import.meta.url);

/** The path of a file in the folder of the peers' sources, where it is also built. */
export function peerFile(path: string): string {
  return fileURLToPath(new URL(path, PEERS));
}

/** The path of what scripts/install-interop.sh took from a language registry. */
export function installedFile(path: string): string {
  return fileURLToPath(new URL(path, INSTALLED));
}

/** Whether `file` is there; otherwise how it comes there, where the script needs `tool`. */
export function detectFile(file: string, version: string, tool?: string): Promise<Availability> {
  const withTool = tool === undefined ? '' : ` with ${tool}`;
  return Promise.resolve(
    existsSync(file)
      ? { installed: true, version }
      : { installed: false, reason: `run scripts/install-interop.sh${withTool}` },
  );
}
