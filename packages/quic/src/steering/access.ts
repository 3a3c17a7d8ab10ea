import type { SchedulablePath } from '../paths/scheduler.ts';

/** The access that a path stands for. TS 23.501 §5.32 */
export type SteeringAccess = '3gpp' | 'non-3gpp';

/** Which access a path belongs to; its local address tells. */
export type AccessOf = (path: SchedulablePath) => SteeringAccess;

/** The other one. */
export function otherAccess(access: SteeringAccess): SteeringAccess {
  return access === '3gpp' ? 'non-3gpp' : '3gpp';
}

/** Index of the path of least smoothed RTT among those that qualify, or -1. */
export function fastest(
  paths: readonly SchedulablePath[],
  qualifies: (path: SchedulablePath) => boolean,
): number {
  let best = -1;
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as SchedulablePath;
    if (!qualifies(path)) continue;
    if (best < 0 || path.smoothedRtt < (paths[best] as SchedulablePath).smoothedRtt) best = i;
  }
  return best;
}

/** Whether an access has a path that works. */
export function isAvailable(
  paths: readonly SchedulablePath[],
  access: SteeringAccess,
  accessOf: AccessOf,
): boolean {
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as SchedulablePath;
    if (!path.suspect && accessOf(path) === access) return true;
  }
  return false;
}
