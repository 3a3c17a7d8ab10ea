import type { KeyDerived, TimedRoleEvent } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { paint } from '../cli/output.ts';

const SHORT_OCTETS = 4;
const S_SHOWN = 48;

/**
 * The key hierarchy as it was derived in a run, by holder: every step with its FC and the octets of
 * S. Keys are shortened to their first {@link SHORT_OCTETS} octets unless `showSecrets`.
 */
export function drawKeyChain(events: readonly TimedRoleEvent[], showSecrets: boolean): string[] {
  const lines: string[] = [];
  const steps = events.filter((event) => event.type === 'key');
  for (const holder of new Set(steps.map((step) => step.holder))) {
    lines.push(paint('bold', `Derived by the ${holder.toUpperCase()}`));
    const seen = new Set<string>();
    for (const step of steps) {
      if (step.holder !== holder) continue;
      const line = describeStep(step, showSecrets);
      if (!seen.has(line)) lines.push(`  ${line}`);
      seen.add(line);
    }
  }
  return lines;
}

function describeStep(step: KeyDerived, showSecrets: boolean): string {
  const value = shorten(step.value, step.secret && !showSecrets);
  const access = step.access === undefined ? '' : ` (${step.access})`;
  const result = `${(step.name + access).padEnd(22)} ${value}`;
  if (step.s === undefined) return step.key ? `${result}  from ${step.key}` : result;
  const s = toHex(step.s);
  const shown = s.length > S_SHOWN ? `${s.slice(0, S_SHOWN)}.. (${step.s.length} octets)` : s;
  if (!step.fc) return `${result}  of ${shown}`;
  return `${result}  KDF(${step.key ?? '?'}; FC ${step.fc}; S ${shown})`;
}

function shorten(value: Uint8Array, hide: boolean): string {
  if (!hide) return toHex(value);
  if (value.length === 0) return '(not shown)';
  return `${toHex(value.subarray(0, SHORT_OCTETS))}.. (${value.length} octets)`;
}
