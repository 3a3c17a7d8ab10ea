import { solutions } from '@mpquic/keys';
import { CIPHER_SUITES } from '@mpquic/tls';
import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { printJson, printLines, printNote } from '../cli/output.ts';
import { makeOutputFolder } from '../cli/output-folder.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { checkVariant } from '../cli/variant-option.ts';
import { requireInteger } from '../cli/wrong-usage.ts';
import { writeArtefacts } from '../story/artefacts.ts';
import { describeOutcome, pathTable } from '../story/story-report.ts';
import { runThreeRoles, type UeReport } from '../story/three-roles.ts';

interface HandshakeArguments {
  readonly solution: string;
  readonly variant: string | undefined;
  readonly 'psk-mode': 'raw' | 'imported';
  readonly paths: number;
  readonly cipher: string | undefined;
  readonly group: string | undefined;
  readonly repeat: number;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** With the names that OpenSSL has for two of them. */
const GROUPS = ['x25519', 'secp256r1', 'secp384r1', 'prime256v1', 'p-256', 'p-384'];

/** What `--json` prints. Times in milliseconds. */
interface HandshakeDocument {
  readonly ok: true;
  readonly solution: string;
  readonly variant: string;
  readonly pskMode: string;
  readonly handshakeMs: { readonly min: number; readonly median: number; readonly max: number };
  readonly runs: readonly UeReport[];
}

/** `mpq handshake`: real processes, real bytes, a PSK by one solution, one or two paths. */
export const handshakeCommand: CommandModule<object, HandshakeArguments> = {
  command: 'handshake',
  describe: 'Registration, MA PDU session and a PSK handshake by one solution, with real processes',
  builder: (parser) =>
    parser
      .option('solution', {
        type: 'string',
        choices: solutions.map(({ id }) => id),
        demandOption: true,
        describe: 'solution of the study',
      })
      .option('variant', { type: 'string', describe: 'variant of the solution' })
      .option('psk-mode', {
        requiresArg: true,
        choices: ['raw', 'imported'] as const,
        default: 'raw' as const,
        describe: 'PSK as it is, or imported (RFC 9258)',
      })
      .option('paths', { type: 'number', choices: [1, 2], default: 2, describe: 'network paths' })
      .option('cipher', { type: 'string', describe: 'TLS 1.3 cipher suite' })
      .option('group', { type: 'string', describe: 'key exchange group' })
      .option('repeat', { type: 'number', default: 1, describe: 'how many runs' })
      .option('out', { type: 'string', describe: 'folder for the artefacts of the last run' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('mpq handshake --solution 2 --variant k-smf-psi --psk-mode imported', 'one run'),
  handler: async (given) => {
    checkUsage(given);
    if (given.out !== undefined) makeOutputFolder(given.out);
    const document = await runHandshakes(given);
    if (given.json) printJson(document);
    else printLines(describe(document));
  },
};

function checkUsage(given: HandshakeArguments): void {
  const { solution, variant, repeat, cipher, group } = given;
  requireInteger('--repeat', repeat, 1, 1000);
  checkNames('cipher', cipher?.toUpperCase(), Object.keys(CIPHER_SUITES));
  checkNames('group', group?.toLowerCase(), GROUPS);
  checkVariant(solution, variant);
}

/** Names separated by colons. */
function checkNames(option: string, list: string | undefined, known: readonly string[]): void {
  const unknown = list?.split(':').find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw CommandFailure.usage(`--${option} ${unknown} is none of ${known.join(', ')}`);
}

async function runHandshakes(given: HandshakeArguments): Promise<HandshakeDocument> {
  const { solution, variant, paths, cipher, group, repeat, out, json } = given;
  const stop = stopSignal();
  const runs: UeReport[] = [];
  try {
    for (let run = 1; run <= repeat; run++) {
      if (!json && repeat > 1) printNote(`run ${run} of ${repeat}`);
      const result = await runThreeRoles({
        solution,
        variant,
        pskMode: given['psk-mode'],
        signal: stop.signal,
        ue: {
          story: 'handshake',
          paths,
          transferBytes: 0,
          ...(cipher === undefined ? {} : { cipher }),
          ...(group === undefined ? {} : { group }),
        },
      });
      if (out !== undefined && run === repeat) writeArtefacts(out, result);
      runs.push(result.report);
      result.dispose();
    }
  } finally {
    stop.release();
  }
  const times = runs.map(({ handshake }) => handshake.ms).sort((a, b) => a - b);
  const first = runs[0] as UeReport;
  return {
    ok: true,
    solution: first.solution,
    variant: first.variant,
    pskMode: first.pskMode,
    handshakeMs: {
      min: times[0] as number,
      median: times[times.length >> 1] as number,
      max: times.at(-1) as number,
    },
    runs,
  };
}

function describe({ runs, handshakeMs }: HandshakeDocument): string[] {
  const last = runs.at(-1) as UeReport;
  const lines = [...describeOutcome(last), '', ...pathTable(last.paths)];
  if (runs.length > 1) {
    const { min, median, max } = handshakeMs;
    lines.push(
      '',
      `${runs.length} runs: handshake ${min.toFixed(1)} / ${median.toFixed(1)} / ${max.toFixed(1)} ms (min, median, max)`,
    );
  }
  return lines;
}
