import { readFileSync } from 'node:fs';

/** Microseconds of USER_HZ, which is 100 on every Linux. */
const TICK = 10_000;

/**
 * User and system time of a process and of its living children, all threads, in microseconds; undefined where the system
 * does not tell (any more).
 */
export function processorTime(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    const ofChildren = children === '' ? [] : children.split(' ').map(Number);
    return ofChildren.reduce((sum, child) => sum + (processorTime(child) ?? 0), ownTime(pid));
  } catch {
    return undefined;
  }
}

/** @throws {Error} where there is no such process, or no /proc */
function ownTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name, which may hold anything: utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}
