import type { BenchContext } from '../effort.ts';
import { pause } from '../effort.ts';
import { type BenchProcess, withProcesses } from '../process/bench-process.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';

const COLLECT = ['--expose-gc'];
/** UEs that are there before counting begins: what is made once is not a UE's. */
const FIRST_UES = 20;
const MOST_UES = 1_000;

export const uesSpecs: readonly BenchSpec[] = [
  {
    name: 'ues-1000',
    title:
      'Resident memory of one UPF process per UE, 1,000 of them, each over two accesses with one CONNECT-UDP flow',
    unit: 'KiB',
  },
];

/** One measurement; every UE exchanges a payload with a target twice, and one that cannot is an error. */
export async function runUes(
  specs: readonly BenchSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const [spec] = specs;
  if (spec === undefined) return [];
  const count = Math.min(MOST_UES, effort.population);
  const all = FIRST_UES + count;
  const measurement = await withProcesses(async (start): Promise<Measurement> => {
    const target = await start('bare-echo', {});
    const upf = await start('upf', { ues: all }, COLLECT);
    const ues = await start('tunnel-ues', { ...upf.facts, port: target.facts['port'] }, COLLECT);
    await ues.command('open', FIRST_UES);
    await ues.command('exchange');
    const before = await resident(upf);
    const beforeUes = await resident(ues);
    note(`${spec.name}: opening ${count} UEs`);
    const started = performance.now();
    await ues.command('open', all);
    const seconds = (performance.now() - started) / 1000;
    const errors = Number(await ues.command('exchange')) + Number(await ues.command('exchange'));
    const after = await resident(upf);
    const { packets: connections } = await upf.sample();
    const { figures } = await ues.sample();
    return {
      value: (after - before) / 1024 / count,
      details: {
        errors: errors + (figures?.['ended'] ?? 0),
        'connections at the UPF': connections,
        'KiB per UE at the UEs': ((await resident(ues)) - beforeUes) / 1024 / count,
        'UEs opened per second': count / seconds,
      },
    };
  });
  return [summarize(spec, [measurement])];
}

async function resident(process: BenchProcess): Promise<number> {
  await process.collectGarbage();
  await pause(100);
  await process.collectGarbage();
  return (await process.sample()).residentBytes;
}
