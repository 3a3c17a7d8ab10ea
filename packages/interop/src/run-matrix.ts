import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CaseContext,
  CaseFailure,
  type CaseResult,
  CaseUnsupported,
  FURTHER_TRY,
  type InteropCase,
  type Outcome,
  type Peer,
} from './matrix.ts';
import { CaseRecording } from './recording.ts';

export interface MatrixOptions {
  readonly peers: readonly Peer[];
  /** Only peers of these names; all when empty. */
  readonly peerNames: readonly string[];
  /** Only cases of these names; all when empty. */
  readonly caseNames: readonly string[];
  /** Leaves out the cases that take more than half a minute. */
  readonly quick?: boolean | undefined;
  /** Where the folders of failed cases are left. */
  readonly folder: string;
  /** How often a case that fails is run again; a pass then tells what failed before. Default 0. */
  readonly retries?: number | undefined;
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

const FIRST_PORT = 17_000;
const DEFAULT_TIMEOUT = 20_000;

/** Runs every chosen case of every chosen peer, one after the other. */
export async function runMatrix(options: MatrixOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  let port = FIRST_PORT + (process.pid % 1000) * 8;
  const nextPort = (): number => port++;
  for (const peer of options.peers) {
    if (options.peerNames.length > 0 && !options.peerNames.includes(peer.name)) continue;
    const availability = await peer.detect();
    for (const one of peer.cases.filter((each) => isChosen(each, options))) {
      const started = performance.now();
      const outcome: Outcome = availability.installed
        ? await runWithRetries(
            one,
            options.retries ?? 0,
            join(options.folder, `${peer.name}-${one.name}-${one.role}`),
            nextPort,
          )
        : { status: 'not installed', reason: availability.reason };
      const milliseconds = Math.round(performance.now() - started);
      const result: CaseResult = {
        peer: peer.name,
        ...(availability.installed ? { version: availability.version } : {}),
        case: one.name,
        role: one.role,
        outcome,
        milliseconds,
      };
      results.push(result);
      options.onResult?.(result);
    }
  }
  return results;
}

function isChosen(one: InteropCase, { caseNames, quick }: MatrixOptions): boolean {
  if (caseNames.length > 0 && !caseNames.includes(one.name)) return false;
  return quick !== true || one.slow !== true;
}

async function runWithRetries(
  one: InteropCase,
  retries: number,
  folder: string,
  nextPort: () => number,
): Promise<Outcome> {
  const outcome = await runCase(one, folder, nextPort);
  if (outcome.status !== 'fail' || retries === 0) return outcome;
  const again = await runWithRetries(one, retries - 1, folder, nextPort);
  if (again.status !== 'pass') return again;
  return { status: 'pass', detail: `${FURTHER_TRY}; before: ${outcome.reason}` };
}

async function runCase(one: InteropCase, folder: string, nextPort: () => number): Promise<Outcome> {
  await mkdir(folder, { recursive: true });
  const controller = new AbortController();
  const recording = new CaseRecording(folder);
  const context: CaseContext = { folder, recording, nextPort, signal: controller.signal };
  const timeout = one.timeout ?? DEFAULT_TIMEOUT;
  const timer = setTimeout(
    () => controller.abort(new CaseFailure(`no end after ${timeout} ms`)),
    timeout,
  );
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  // A case may fail before anything waits for this.
  aborted.catch(() => undefined);
  try {
    const detail = await Promise.race([one.run(context), aborted]);
    recording.close();
    await rm(folder, { recursive: true, force: true });
    return detail === undefined ? { status: 'pass' } : { status: 'pass', detail };
  } catch (error) {
    recording.close();
    if (error instanceof CaseUnsupported) {
      await rm(folder, { recursive: true, force: true });
      return { status: 'unsupported', reason: error.message };
    }
    const reason = error instanceof Error ? error.message : String(error);
    const log = error instanceof CaseFailure ? error.log : [];
    await writeFile(join(folder, 'failure.log'), `${[reason, ...log].join('\n')}\n`);
    return { status: 'fail', reason, log };
  } finally {
    clearTimeout(timer);
    if (!controller.signal.aborted) controller.abort(new CaseFailure('the case is over'));
  }
}
