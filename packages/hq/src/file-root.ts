import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Files below one folder, and nothing outside it, links included. */
export class FileRoot {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects where the folder cannot be read. */
  static async open(folder: string): Promise<FileRoot> {
    const real = await realpath(folder);
    if (!(await stat(real)).isDirectory()) throw new Error(`${folder} is not a folder`);
    return new FileRoot(real);
  }

  /** The octets of the file at `path` (as in a URL); undefined where there is none. */
  async read(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = await this.#locate(path);
    return file === undefined ? undefined : createReadStream(file, { highWaterMark: 1 << 18 });
  }

  async #locate(path: string): Promise<string | undefined> {
    try {
      const decoded = decodeURIComponent(path.split(/[?#]/, 1)[0] as string);
      const file = await realpath(join(this.#folder, decoded));
      if (!file.startsWith(this.#folder + sep)) return undefined;
      return (await stat(file)).isFile() ? file : undefined;
    } catch {
      return undefined;
    }
  }
}
