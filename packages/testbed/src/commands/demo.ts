import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { solutions } from '@mpquic/keys';
import type { TimedRoleEvent } from '@mpquic/service';
import type { CommandModule } from 'yargs';
import { paint, printLines, printNote, terminalWidth } from '../cli/output.ts';
import { makeOutputFolder } from '../cli/output-folder.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { checkVariant } from '../cli/variant-option.ts';
import { requireInteger } from '../cli/wrong-usage.ts';
import { writeArtefacts } from '../story/artefacts.ts';
import { demoTraffic } from '../story/demo-traffic.ts';
import { drawKeyTree } from '../story/key-tree.ts';
import { drawLadder } from '../story/ladder.ts';
import { describeOutcome, describeTraffic, pathTable } from '../story/story-report.ts';
import { runThreeRoles, type ThreeRolesResult } from '../story/three-roles.ts';

interface DemoArguments {
  readonly solution: string;
  readonly variant: string | undefined;
  readonly out: string;
  readonly bytes: number;
  readonly workers: number;
  readonly 'show-secrets': boolean;
  readonly sbi: boolean;
  readonly json: boolean;
}

const MAX_BYTES = 10_000_000_000;
const MAX_WORKERS = 64;

/** `mpq demo`: the whole story, with core, upf-proxy and ue-agent as processes on loopback. */
export const demoCommand: CommandModule<object, DemoArguments> = {
  command: 'demo',
  describe: 'The whole story on loopback: core, UPF and UE as processes, with all artefacts',
  builder: (parser) =>
    parser
      .option('solution', {
        type: 'string',
        choices: solutions.map(({ id }) => id),
        default: '4',
        describe: 'solution of the study that makes and delivers the PSK',
      })
      .option('variant', { type: 'string', describe: 'variant of the solution' })
      .option('out', {
        type: 'string',
        default: 'out',
        describe: 'folder for capture.pcapng, keys.log, qlog/ and run.json',
      })
      .option('bytes', { type: 'number', default: 20_000_000, describe: 'octets to transfer' })
      .option('workers', {
        type: 'number',
        default: 1,
        describe: 'threads of the UPF that serve connections',
      })
      .option('show-secrets', { type: 'boolean', default: false, describe: 'print keys whole' })
      .option('sbi', {
        type: 'boolean',
        default: false,
        describe: 'show the service-based interface in the ladder',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print run.json' })
      .example('mpq demo --solution 6 --out out/six', 'the same story with solution #6'),
  handler: async ({ solution, variant, out, bytes, workers, sbi, json, ...options }) => {
    const showSecrets = options['show-secrets'];
    checkUsage(solution, variant, bytes, workers);
    makeOutputFolder(out);
    const stop = stopSignal();
    const result = await runThreeRoles({
      solution,
      variant,
      ue: { transferBytes: bytes },
      upf: { workers },
      traffic: demoTraffic(),
      onProgress: json ? undefined : progress,
      signal: stop.signal,
    }).finally(() => stop.release());
    try {
      const files = writeArtefacts(out, result);
      if (json) process.stdout.write(readFileSync(join(out, 'run.json')));
      else printStory(result, files, { showSecrets, sbi });
    } finally {
      result.dispose();
    }
  },
};

function checkUsage(
  solution: string,
  variant: string | undefined,
  bytes: number,
  workers: number,
): void {
  requireInteger('--bytes', bytes, 0, MAX_BYTES);
  requireInteger('--workers', workers, 1, MAX_WORKERS);
  checkVariant(solution, variant);
}

function printStory(
  result: ThreeRolesResult,
  files: readonly string[],
  { showSecrets, sbi }: { readonly showSecrets: boolean; readonly sbi: boolean },
): void {
  printLines([
    '',
    paint('bold', 'Call flow'),
    ...drawLadder(result, { without: sbi ? [] : ['SBI'], width: terminalWidth() }),
    '',
    paint('bold', 'Keys'),
    ...drawKeyTree(result.events, { showSecrets, width: terminalWidth() }),
    '',
    paint('bold', 'Paths'),
    ...pathTable(result.report.paths),
    ...describeTraffic(result.report),
    '',
    ...describeOutcome(result.report),
    '',
    `Written: ${files.join(', ')}`,
  ]);
}

function progress(event: TimedRoleEvent): void {
  if (event.type !== 'phase') return;
  const sign = { start: '...', end: 'done', failed: 'FAILED' }[event.mark];
  if (event.mark !== 'start' || process.stderr.isTTY) printNote(`${sign.padEnd(6)} ${event.phase}`);
}
