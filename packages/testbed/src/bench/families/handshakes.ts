import { whyNot } from '../data-path.ts';
import { alternate, type BenchContext, type Effort } from '../effort.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import type { HandshakeCount, HandshakeRun } from '../programs/handshakes.ts';
import { floorInCIsBuilt, measureFloorInC } from '../reference/handshake-floor-in-c.ts';
import { type BenchResult, summarize, unavailable } from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';

const IN_FLIGHT = 64;
const WARM_UP_ROUNDS = 30;
const WARM_UP_HANDSHAKES = 6000;

/** Handshakes over sockets, client and server in one process, beside the cryptography that they cannot do without. */
export const handshakeSpecs: readonly DataPathSpec[] = [
  {
    name: 'handshakes-fallback',
    title: 'psk_dhe_ke handshake, both sides, node:dgram and node:crypto',
    unit: 'CPU us per handshake',
    goal: { of: 'ratio', atMost: 2.5 },
    dataPath: 'fallback',
  },
  {
    name: 'handshakes-native',
    title: 'psk_dhe_ke handshake, both sides, native sockets',
    unit: 'CPU us per handshake',
    goal: { of: 'ratio', atMost: 1.8 },
    dataPath: 'native',
  },
];

const OWN_FLOOR = 'cryptography of a handshake alone, same provider';
const FLOOR_IN_C = 'cryptography of a handshake alone, in C by OpenSSL';

export async function runHandshakes(
  specs: readonly DataPathSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const spec of specs) {
    const reason = whyNot(spec.dataPath);
    if (reason !== undefined) results.push(unavailable(spec, reason));
    else results.push(await measureHandshakes(spec, context));
  }
  return results;
}

/**
 * The fallback is measured against its own primitives. The addon's are in part quicker than OpenSSL's, and a floor that
 * sinks with them would hide that: so it is measured against C, and its own primitives stand beside it.
 */
function measureHandshakes(
  spec: DataPathSpec,
  { effort, note }: BenchContext,
): Promise<BenchResult> {
  const { duration } = effort;
  const isInC = spec.dataPath === 'native' && floorInCIsBuilt();
  const name = isInC ? FLOOR_IN_C : OWN_FLOOR;
  return withProcesses(async (start) => {
    const process = await start('handshakes', { dataPath: spec.dataPath });
    await warmUp(process, effort);
    const ownFloor = async (): Promise<number> =>
      cpuOf(await run(process, 'floor', { milliseconds: duration / 4, inFlight: 1 }));
    const values = await alternate(effort.runs, {
      ours: noted(note, spec.name, async () => {
        const half = duration / 2;
        const many = await run(process, 'handshakes', { milliseconds: half, inFlight: IN_FLIGHT });
        const single = await run(process, 'handshakes', { milliseconds: half, inFlight: 1 });
        return {
          value: cpuOf(many),
          details: {
            'CPU us, one after the other': cpuOf(single),
            [`handshakes/s, ${IN_FLIGHT} in flight`]: perSecond(many),
            'handshakes/s, one after the other': perSecond(single),
            'handshakes per CPU second': 1e6 / cpuOf(many),
            'CPU us of its own primitives alone': await ownFloor(),
          },
        };
      }),
      reference: noted(note, name, async () => ({
        value: isInC ? await measureFloorInC(duration / 4) : await ownFloor(),
      })),
    });
    return summarize(spec, values.ours, { name, measurements: values.reference });
  });
}

/** Many handshakes, for theirs is much code, most of which runs once in each. */
async function warmUp(process: BenchProcess, effort: Effort): Promise<void> {
  const milliseconds = 2 * effort.warmUp;
  let done = 0;
  const wanted = Math.min(WARM_UP_HANDSHAKES, effort.warmUpPackets);
  for (let round = 0; round < WARM_UP_ROUNDS && done < wanted; round++) {
    done += (await run(process, 'handshakes', { milliseconds, inFlight: IN_FLIGHT })).count;
  }
  await run(process, 'floor', { milliseconds, inFlight: 1 });
}

async function run(
  process: BenchProcess,
  command: 'handshakes' | 'floor',
  settings: HandshakeRun,
): Promise<HandshakeCount> {
  return (await process.command(command, settings)) as HandshakeCount;
}

function perSecond({ count, milliseconds }: HandshakeCount): number {
  return (count * 1000) / milliseconds;
}

function cpuOf({ count, cpuMicroseconds }: HandshakeCount): number {
  return cpuMicroseconds / count;
}
