import type { TimedRoleEvent } from '@mpquic/service';
import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { formatTable, paint, printJson, printLines } from '../cli/output.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { experiments, findExperiments } from '../experiments/all-experiments.ts';
import { type ExperimentRun, runExperiments } from '../experiments/run-experiments.ts';
import type { StageOptions } from '../experiments/stage.ts';
import { drawKeyChain } from '../story/key-chain.ts';
import { drawLadder } from '../story/ladder.ts';

interface ExperimentsArguments {
  readonly action: 'list' | 'run';
  readonly ids: readonly string[];
  readonly follow: boolean;
  readonly json: boolean;
}

/** `mpq experiments`: the weaknesses of the solutions, each in a run of its own. */
export const experimentsCommand: CommandModule<object, ExperimentsArguments> = {
  command: 'experiments [action] [ids..]',
  describe: 'Attacks and failures of the solutions (D1 to D26), each run for real',
  builder: (parser) =>
    parser
      .positional('action', {
        choices: ['list', 'run'] as const,
        default: 'list' as const,
        describe: 'list them, or run some',
      })
      .positional('ids', {
        type: 'string',
        array: true,
        default: [],
        describe: 'D1 to D26, or all',
      })
      .option('follow', {
        type: 'boolean',
        default: false,
        describe: 'show the call flow and the keys of every network that is set up',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('mpq experiments run D11 D26', 'two of them')
      .example('mpq experiments run D2 --follow', 'with its call flows')
      .example('mpq experiments run all', 'all of them'),
  handler: async ({ action, ids, follow, json }) => {
    if (action === 'list') list(json);
    else await run(ids, { follow, json });
  },
};

function list(json: boolean): void {
  if (json) {
    printJson(
      experiments.map(({ id, title, solutions, why, mitigation }) => ({
        id,
        title,
        solutions,
        why,
        mitigation,
      })),
    );
    return;
  }
  const rows = experiments.map(({ id, solutions, title }) => [
    id,
    solutions.map((solution) => `#${solution}`).join(' '),
    title,
  ]);
  printLines(formatTable([{ title: 'id' }, { title: 'solutions' }, { title: 'claim' }], rows));
}

async function run(
  ids: readonly string[],
  { follow, json }: Pick<ExperimentsArguments, 'follow' | 'json'>,
): Promise<void> {
  if (ids.length === 0) throw CommandFailure.usage('name experiments to run, or `all`');
  const chosen = findExperiments(ids);
  const stop = stopSignal();
  try {
    const runs = await runExperiments(chosen, {
      signal: stop.signal,
      onStage:
        follow && !json
          ? (options, events) => printLines(describeStage(options, events))
          : undefined,
      onRun: json ? undefined : (one) => printLines(describeRun(one)),
    });
    if (json) printJson({ ok: true, runs });
  } finally {
    stop.release();
  }
}

function describeStage(
  { solution, variant, pskMode = 'raw' }: StageOptions,
  events: readonly TimedRoleEvent[],
): string[] {
  const title = `Solution #${solution} ${variant ?? ''}, ${pskMode} PSK`;
  return [
    paint('bold', title),
    ...drawLadder(events, { without: ['SBI'] }),
    ...drawKeyChain(events, false),
    '',
  ];
}

function describeRun(run: ExperimentRun): string[] {
  const { id, solution, title, verdict, mitigated, evidence, why, mitigation, ms } = run;
  const colour = verdict === 'confirmed' ? 'yellow' : 'green';
  const held = mitigated === null ? '' : mitigated ? ' (held in this run)' : ' (did NOT hold)';
  return [
    `${paint('bold', `${id} #${solution}`)} ${title}`,
    `  ${paint(colour, verdict)} in ${ms} ms`,
    ...evidence.map(({ what, value }) => `    ${what}: ${value}`),
    `  why: ${why}`,
    `  mitigation: ${mitigation}${held}`,
    '',
  ];
}
