import type { BenchContext } from './effort.ts';
import { bulkSpecs, runBulk } from './families/bulk.ts';
import { connectUdpSpecs, runConnectUdp } from './families/connect-udp.ts';
import { datagramSpecs, runDatagrams } from './families/datagrams.ts';
import { exchangeSpecs, runExchange } from './families/exchange.ts';
import { handshakeSpecs, runHandshakes } from './families/handshakes.ts';
import { memorySpecs, runMemory } from './families/memory.ts';
import { runSessions, sessionSpecs } from './families/sessions.ts';
import { runSimulated, simulatedSpecs } from './families/simulated-paths.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { BenchResult, BenchSpec } from './result.ts';

/** Benches that are measured in turns, because they share a reference. */
interface BenchFamily {
  readonly specs: readonly BenchSpec[];
  readonly run: (names: ReadonlySet<string>, context: BenchContext) => Promise<BenchResult[]>;
}

function family<Spec extends BenchSpec>(
  specs: readonly Spec[],
  run: (specs: readonly Spec[], context: BenchContext) => Promise<BenchResult[]>,
): BenchFamily {
  return {
    specs,
    run: (names, context) =>
      run(
        specs.filter(({ name }) => names.has(name)),
        context,
      ),
  };
}

const families: readonly BenchFamily[] = [
  family(bulkSpecs, runBulk),
  family(datagramSpecs, runDatagrams),
  family(connectUdpSpecs, runConnectUdp),
  family(handshakeSpecs, runHandshakes),
  family(exchangeSpecs, runExchange),
  family(memorySpecs, runMemory),
  family(simulatedSpecs, runSimulated),
  family(sessionSpecs, runSessions),
];

/** Every bench, in the order of the report. */
export const benchSpecs: readonly BenchSpec[] = families.flatMap(({ specs }) => specs);

/** What `mpq bench --json` prints. */
export interface BenchDocument {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Runs the benches of these names, or all. */
export async function runBenches(
  names: readonly string[],
  context: BenchContext,
): Promise<BenchDocument> {
  const wanted = new Set(names.length === 0 ? benchSpecs.map(({ name }) => name) : names);
  const results: BenchResult[] = [];
  for (const { specs, run } of families) {
    if (specs.some(({ name }) => wanted.has(name))) results.push(...(await run(wanted, context)));
  }
  return { machine: describeMachine(), results };
}
