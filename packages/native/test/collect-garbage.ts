import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects what nothing refers to. References that the running job took count until it ends. */
export async function collectGarbage(): Promise<void> {
  await setImmediate();
  collect();
}
