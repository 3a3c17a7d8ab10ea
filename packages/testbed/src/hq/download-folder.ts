import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { TransferSink } from '@mpquic/hq';

/** A sink that must be closed. */
export interface ClosableSink extends TransferSink {
  readonly close: () => Promise<void>;
}

/** Drops what arrives. */
export const nowhere: ClosableSink = {
  write: () => undefined,
  close: () => Promise.resolve(),
};

/** A file in `folder`, named after the last part of `path`. Rejects where it cannot be made. */
export async function downloadFile(folder: string, path: string): Promise<ClosableSink> {
  await mkdir(folder, { recursive: true });
  const name = basename(path.split(/[?#]/, 1)[0] as string) || 'index';
  const file = createWriteStream(join(folder, name));
  const done = finished(file);
  done.catch(() => undefined);
  return {
    write: async (octets) => {
      if (file.write(octets.slice())) return;
      const drained = new Promise<void>((resolve) => file.once('drain', () => resolve()));
      await Promise.race([drained, done]);
    },
    close: () => {
      file.end();
      return done;
    },
  };
}
