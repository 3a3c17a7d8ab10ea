import { readFileSync } from 'node:fs';

/** A file of test/vectors, as its reader describes it. */
export function readVectors<T>(name: string): T {
  const url = new URL(`../../test/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}
