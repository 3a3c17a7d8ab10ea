import { readFileSync } from 'node:fs';
import { describeFailure, ServiceFailure, SettingProblem } from '@mpquic/service';
import { parse as parseYaml } from 'yaml';
import { changeImpairment, type Impairment } from './impairment.ts';
import type { Relay } from './relay.ts';

/** One line of a schedule: what changes at a time after the start. */
export interface ScheduleStep {
  readonly atMs: number;
  readonly uplink?: unknown;
  readonly downlink?: unknown;
  readonly rebind?: boolean;
}

/**
 * Reads a schedule: a YAML list of `{atMs, uplink: {...}, downlink: {...}, both: {...}, rebind: true}`.
 * @throws {ServiceFailure} one line that names the file and the step
 */
export function readSchedule(file: string, base: Impairment): readonly ScheduleStep[] {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ServiceFailure(2, `${file}: ${describeFailure(error)}`);
  }
  if (!Array.isArray(content)) {
    throw new ServiceFailure(2, `${file}: must hold a list of steps, each with atMs`);
  }
  return content.map((step, i) => {
    try {
      return parseStep(step, base);
    } catch (error) {
      if (!(error instanceof SettingProblem)) throw error;
      throw new ServiceFailure(2, `${file}: step ${i + 1}${error.path}: ${error.message}`);
    }
  });
}

const STEP_KEYS = ['atMs', 'uplink', 'downlink', 'both', 'rebind'];

function parseStep(raw: unknown, base: Impairment): ScheduleStep {
  if (typeof raw !== 'object' || raw === null) throw new SettingProblem('expected a mapping');
  const step = raw as Record<string, unknown>;
  const stranger = Object.keys(step).find((key) => !STEP_KEYS.includes(key));
  if (stranger !== undefined) {
    throw new SettingProblem(`no such key; there are ${STEP_KEYS.join(', ')}`, `.${stranger}`);
  }
  const { atMs, both, rebind } = step;
  if (typeof atMs !== 'number' || atMs < 0) {
    throw new SettingProblem('expected milliseconds after the start', '.atMs');
  }
  const uplink = merged(both, step['uplink']);
  const downlink = merged(both, step['downlink']);
  for (const change of [uplink, downlink]) changeImpairment(base, change);
  return { atMs, uplink, downlink, rebind: rebind === true };
}

function merged(both: unknown, one: unknown): Record<string, unknown> {
  return { ...((both as object | undefined) ?? {}), ...((one as object | undefined) ?? {}) };
}

/** Plays a schedule on a relay; returns how to stop it. */
export function playSchedule(relay: Relay, steps: readonly ScheduleStep[]): () => void {
  const timers = steps.map((step) =>
    setTimeout(() => {
      relay.uplink.impairment = changeImpairment(relay.uplink.impairment, step.uplink);
      relay.downlink.impairment = changeImpairment(relay.downlink.impairment, step.downlink);
      if (step.rebind === true) relay.rebind().catch(() => undefined);
    }, step.atMs),
  );
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
