import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { paint, printJson, printLines, terminalWidth } from '../cli/output.ts';
import { makeOutputFolder } from '../cli/output-folder.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { formatTable } from '../cli/table.ts';
import { experiments, findExperiments } from '../experiments/all-experiments.ts';
import { writeExperiment } from '../experiments/artefacts.ts';
import { type ExperimentRun, runExperiments } from '../experiments/run-experiments.ts';
import type { StageRecord } from '../experiments/stage-watch.ts';
import { drawKeyTree } from '../story/key-tree.ts';
import { drawLadder } from '../story/ladder.ts';

interface ExperimentsArguments {
  readonly action: 'list' | 'run';
  readonly ids: readonly string[];
  readonly follow: boolean;
  readonly out: string | undefined;
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
      .option('out', {
        type: 'string',
        describe: 'folder that gets capture.pcapng, keys.log and run.json of each experiment',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('mpq experiments run D11 D26', 'two of them')
      .example('mpq experiments run D2 --follow', 'with its call flows')
      .example('mpq experiments run D7 --out out', 'with a capture in out/D7-3/')
      .example('mpq experiments run all', 'all of them'),
  handler: async ({ action, ids, ...options }) => {
    if (action === 'list') list(ids, options.json);
    else await run(ids, options);
  },
};

function list(ids: readonly string[], json: boolean): void {
  const chosen = ids.length === 0 ? experiments : findExperiments(ids);
  if (json) {
    printJson(
      chosen.map(({ id, title, solutions, why, mitigation }) => ({
        id,
        title,
        solutions,
        why,
        mitigation,
      })),
    );
    return;
  }
  const rows = chosen.map(({ id, solutions, title }) => [
    id,
    solutions.map((solution) => `#${solution}`).join(' '),
    title,
  ]);
  const columns = [{ title: 'id' }, { title: 'solutions' }, { title: 'claim' }];
  printLines(formatTable(columns, rows, terminalWidth()));
}

async function run(
  ids: readonly string[],
  { follow, out, json }: Pick<ExperimentsArguments, 'follow' | 'out' | 'json'>,
): Promise<void> {
  if (ids.length === 0) throw CommandFailure.usage('name experiments to run, or `all`');
  const chosen = findExperiments(ids);
  if (out !== undefined) makeOutputFolder(out);
  const stop = stopSignal();
  const stages: StageRecord[] = [];
  try {
    const runs = await runExperiments(chosen, {
      signal: stop.signal,
      watcher: {
        captures: out !== undefined || (follow && !json),
        onStage: (stage) => {
          if (follow && !json) printLines(describeStage(stage));
          if (out !== undefined) stages.push(stage);
        },
      },
      onRun: (one) => {
        const files = out === undefined ? [] : writeExperiment(out, one, stages.splice(0));
        if (!json) printLines(describeRun(one, files));
      },
    });
    if (json) printJson({ ok: true, runs });
  } finally {
    stop.release();
  }
}

function describeStage(stage: StageRecord): string[] {
  const { options, events } = stage;
  const { solution, variant = 'default variant', pskMode = 'raw' } = options;
  return [
    paint('bold', `Solution #${solution}, ${variant}, ${pskMode} PSK`),
    ...drawLadder(stage, { without: ['SBI'], width: terminalWidth() }),
    ...drawKeyTree(events, { showSecrets: false, width: terminalWidth() }),
    '',
  ];
}

function describeRun(run: ExperimentRun, files: readonly string[]): string[] {
  const { id, solution, title, verdict, mitigated, evidence, why, mitigation, ms } = run;
  const colour = verdict === 'confirmed' ? 'yellow' : 'green';
  const held = mitigated === null ? '' : mitigated ? ' (held in this run)' : ' (did NOT hold)';
  return [
    `${paint('bold', `${id} #${solution}`)} ${title}`,
    `  ${paint(colour, verdict)} in ${ms} ms`,
    ...evidence.map(({ what, value }) => `    ${what}: ${value}`),
    `  why: ${why}`,
    `  mitigation: ${mitigation}${held}`,
    ...(files.length === 0 ? [] : [`  written: ${files.join(', ')}`]),
    '',
  ];
}
