import type { BenchDocument, ReportSection } from './bench-document.ts';
import type { BenchContext } from './effort.ts';
import { bulkSpecs, runBulk } from './families/bulk.ts';
import { connectUdpSpecs, runConnectUdp } from './families/connect-udp.ts';
import { datagramSpecs, runDatagrams } from './families/datagrams.ts';
import { exchangeSpecs, runExchange } from './families/exchange.ts';
import { garbageSpecs, runGarbage } from './families/garbage.ts';
import { costSpecs, crowdedSpecs, runCost, runCrowded } from './families/growth.ts';
import { handshakeSpecs, runHandshakes } from './families/handshakes.ts';
import { memorySpecs, runMemory } from './families/memory.ts';
import { runnerLinkSpecs } from './families/runner-link.ts';
import { runSessions, sessionSpecs } from './families/sessions.ts';
import { pathDeathSpecs, runSimulated, shapedSpecs } from './families/simulated-paths.ts';
import { steeringSpecs } from './families/steering.ts';
import { runTunnelLatency, tunnelLatencySpecs } from './families/tunnel-latency.ts';
import { runUes, uesSpecs } from './families/ues.ts';
import { runUserPlaneRates, userPlaneRateSpecs } from './families/user-plane-rates.ts';
import { runWorkers, workersSpecs } from './families/workers.ts';
import { describeMachine } from './machine.ts';
import { type BenchResult, type BenchSpec, FAILED, unavailable } from './result.ts';

/** Benches that are measured in turns, because they share a reference. */
interface BenchFamily extends ReportSection {
  readonly run: (names: ReadonlySet<string>, context: BenchContext) => Promise<BenchResult[]>;
}

function family<Spec extends BenchSpec>(
  slug: string,
  title: string,
  specs: readonly Spec[],
  run: (specs: readonly Spec[], context: BenchContext) => Promise<BenchResult[]>,
): BenchFamily {
  return {
    slug,
    title,
    specs,
    run: (names, context) =>
      run(
        specs.filter(({ name }) => names.has(name)),
        context,
      ),
  };
}

/** In the order of the report. */
const families: readonly BenchFamily[] = [
  family('bulk', 'Bulk download', bulkSpecs, runBulk),
  family('datagrams', 'DATAGRAM frames', datagramSpecs, runDatagrams),
  family('connect-udp', 'CONNECT-UDP', connectUdpSpecs, runConnectUdp),
  family('user-plane-rates', 'Rates of the user plane', userPlaneRateSpecs, runUserPlaneRates),
  family('connect-udp-latency', 'Latency of CONNECT-UDP', tunnelLatencySpecs, runTunnelLatency),
  family('handshakes', 'Handshakes', handshakeSpecs, runHandshakes),
  family('exchange', 'Exchange of 120 octets', exchangeSpecs, runExchange),
  family('memory', 'Memory', memorySpecs, runMemory),
  family('garbage', 'Garbage of bulk transfers', garbageSpecs, runGarbage),
  family('cost', 'Cost as connections grow', costSpecs, runCost),
  family('crowded', 'Throughput beside 10,000 connections', crowdedSpecs, runCrowded),
  family('ues', 'UEs on one UPF', uesSpecs, runUes),
  family('workers', 'Several threads', workersSpecs, runWorkers),
  family('shaped-paths', 'Two shaped paths (simulation)', shapedSpecs, runSimulated),
  family('path-death', 'Death of a path (simulation)', pathDeathSpecs, runSimulated),
  family(
    'runner-link',
    'Link of the QUIC interop runner (simulation)',
    runnerLinkSpecs,
    runSimulated,
  ),
  family('steering', 'Steering modes (simulation)', steeringSpecs, runSimulated),
  family('sessions', 'MA PDU sessions', sessionSpecs, runSessions),
];

/** How the report divides them. */
export const reportSections: readonly ReportSection[] = families;

/** Every bench, in the order of the report. */
export const benchSpecs: readonly BenchSpec[] = families.flatMap(({ specs }) => specs);

/** Runs the benches of these names, or all. */
export async function runBenches(
  names: readonly string[],
  context: BenchContext,
): Promise<BenchDocument> {
  const machine = describeMachine();
  const wanted = new Set(names.length === 0 ? benchSpecs.map(({ name }) => name) : names);
  const results: BenchResult[] = [];
  for (const { specs, run } of families) {
    if (!specs.some(({ name }) => wanted.has(name))) continue;
    results.push(...(await runOrTell(run, wanted, specs, context)));
  }
  return { machine, results };
}

/** A family that fails takes none of the others with it. */
async function runOrTell(
  run: BenchFamily['run'],
  wanted: ReadonlySet<string>,
  specs: readonly BenchSpec[],
  context: BenchContext,
): Promise<BenchResult[]> {
  try {
    return await run(wanted, context);
  } catch (error) {
    const reason = `${FAILED}${(error as Error).message}`;
    context.note(reason);
    return specs.filter(({ name }) => wanted.has(name)).map((spec) => unavailable(spec, reason));
  }
}
