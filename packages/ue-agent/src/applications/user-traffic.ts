import type { Access } from '@mpquic/nas';
import type { Logger } from '@mpquic/service';
import { formatAddress } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import type { FlowTreatment } from '../user-plane/flow-treatment.ts';
import { UdpForward } from '../user-plane/udp-forward.ts';
import type { UserPlane } from '../user-plane/user-plane.ts';
import { AccessCounters, type AccessReport } from './access-counters.ts';
import type { SwitchAccess } from './access-switch.ts';
import type { Application } from './application.ts';
import { DatagramFlow, type DatagramTally } from './datagram-flow.ts';
import { type DownloadReport, downloadFile } from './file-download.ts';

export interface UserTrafficOptions {
  readonly userPlane: UserPlane;
  readonly applications: readonly Application[];
  /** Cut in the middle, and brought back; undefined for none. */
  readonly cutAccess: Access | undefined;
  readonly switchAccess: SwitchAccess;
  /** How long applications send before the cut and after the return, in milliseconds. */
  readonly stageMs: number;
  /** How long the access is cut. */
  readonly cutMs: number;
  /** How long the first answer may take: a handshake, a second path and a request come before it. */
  readonly guardMs: number;
  readonly logger: Logger;
  /** A stage begins. */
  readonly onStage: (stage: string) => void;
}

/** What an application that sends datagrams saw. */
export interface FlowReport extends Pick<FlowTreatment, 'functionality' | 'transport'>, FlowCount {
  readonly steering: FlowTreatment['steering']['type'];
  readonly name: string;
  readonly target: string;
  /** Answers that came more than once. */
  readonly duplicates: number;
  readonly lossPercent: number;
  /** Round trips in milliseconds; null where nothing was answered. */
  readonly rttMs: { readonly p50: number; readonly p99: number } | null;
  readonly stages: readonly (FlowCount & { readonly stage: string })[];
}

export interface FlowCount {
  readonly sent: number;
  readonly answered: number;
  /** Sent and never answered, which is all that an application sees of a loss. */
  readonly lost: number;
}

/** The traffic of applications over both accesses, one of which was cut and came back. */
export interface UserTrafficReport {
  readonly flows: readonly FlowReport[];
  readonly downloads: readonly DownloadReport[];
  readonly accesses: readonly AccessReport[];
  readonly cut: {
    readonly access: Access;
    readonly ms: number;
    /** From the return of the access until its path was in use again; null where that did not come. */
    readonly backAfterMs: number | null;
  } | null;
}

/** How long an answer may be late when sending has ended. */
const LATE_MS = 500;
/** How long the path over an access that came back may take. */
const RETURN_LIMIT_MS = 4_000;
const POLL_MS = 20;

/**
 * Applications send through local ports and the user plane while an access is cut and comes back; each counts what
 * it sent and what was answered.
 * @throws {UeFailure} where a target never answers, or a file does not arrive whole
 */
export async function runUserTraffic(options: UserTrafficOptions): Promise<UserTrafficReport> {
  const { userPlane, applications, logger } = options;
  const forwards: UdpForward[] = [];
  const flows: DatagramFlow[] = [];
  try {
    const openFlow = userPlane.openFlow.bind(userPlane);
    for (const { target } of applications) {
      const rule = { host: '127.0.0.1', port: 0, target };
      forwards.push(await UdpForward.listen(rule, openFlow, logger));
    }
    const portOf = (index: number): number => forwards[index]?.address.port ?? 0;
    for (const [i, application] of applications.entries()) {
      if (application.kind !== 'file') flows.push(await DatagramFlow.open(application, portOf(i)));
    }
    await Promise.all(flows.map((flow) => greet(flow, options.guardMs)));
    const downloads = applications.flatMap((application, i) =>
      application.kind === 'file' ? [downloadFile(application, portOf(i))] : [],
    );
    const files = Promise.all(downloads);
    files.catch(() => undefined);
    const { cut, accesses, tallies } = await runStages(options, flows, files);
    return {
      flows: flows.map((flow, i) => describeFlow(options, flow, tallies[i] ?? [])),
      downloads: (await files).map((report, i) => ({
        ...report,
        target: formatAddress((applications.filter(isFile)[i] as Application).target),
      })),
      accesses,
      cut,
    };
  } finally {
    for (const flow of flows) flow.close();
    await Promise.all(forwards.map((forward) => forward.close()));
  }
}

function isFile({ kind }: Application): boolean {
  return kind === 'file';
}

async function greet(flow: DatagramFlow, limitMs: number): Promise<void> {
  if (await flow.greet(limitMs)) return;
  const { name, target } = flow.application;
  throw new UeFailure('mpquic', `${name}: ${formatAddress(target)} does not answer`);
}

interface StageTally {
  readonly stage: string;
  readonly tally: DatagramTally;
}

interface StagesResult {
  readonly cut: UserTrafficReport['cut'];
  readonly accesses: readonly AccessReport[];
  /** Of each flow. */
  readonly tallies: readonly (readonly StageTally[])[];
}

async function runStages(
  options: UserTrafficOptions,
  flows: readonly DatagramFlow[],
  files: Promise<unknown>,
): Promise<StagesResult> {
  const { userPlane, cutAccess, switchAccess, stageMs, cutMs, onStage } = options;
  const counters = new AccessCounters(userPlane);
  const tallies: StageTally[][] = flows.map(() => []);
  const enter = async (stage: string): Promise<void> => {
    onStage(stage);
    await counters.enter(stage);
    for (const [i, flow] of flows.entries()) tallies[i]?.push({ stage, tally: flow.enter() });
  };
  await enter('both accesses');
  await pause(stageMs);
  let cut: UserTrafficReport['cut'] = null;
  if (cutAccess !== undefined) {
    await switchAccess(cutAccess, true);
    try {
      await enter(`${cutAccess} cut`);
      await pause(cutMs);
    } finally {
      await switchAccess(cutAccess, false);
    }
    await enter(`${cutAccess} back`);
    const backAfterMs = await untilBack(counters, cutAccess);
    cut = { access: cutAccess, ms: cutMs, backAfterMs };
    await pause(stageMs);
  }
  await files;
  for (const flow of flows) flow.stop();
  const deadline = performance.now() + LATE_MS;
  while (flows.some(({ missing }) => missing > 0) && performance.now() < deadline) {
    await pause(POLL_MS);
  }
  return { cut, accesses: await counters.report(), tallies };
}

/** Milliseconds until every connection has a path over the access that is in use again. */
async function untilBack(counters: AccessCounters, access: Access): Promise<number | null> {
  const started = performance.now();
  for (;;) {
    const rows = (await counters.rows()).filter((row) => row.access === access);
    if (rows.some(({ state }) => state === 'active')) return performance.now() - started;
    if (performance.now() - started > RETURN_LIMIT_MS) return null;
    await pause(POLL_MS);
  }
}

function describeFlow(
  { userPlane }: UserTrafficOptions,
  { application }: DatagramFlow,
  stages: readonly StageTally[],
): FlowReport {
  const { name, target } = application;
  const counts = stages.map(({ stage, tally }) => ({ stage, ...countOf([tally]) }));
  const tallies = stages.map(({ tally }) => tally);
  const total = countOf(tallies);
  const { functionality, transport, steering } = userPlane.treatmentOf(target);
  return {
    name,
    target: formatAddress(target),
    functionality,
    transport,
    steering: steering.type,
    ...total,
    duplicates: tallies.reduce((sum, { duplicates }) => sum + duplicates, 0),
    lossPercent: total.sent === 0 ? 0 : (100 * total.lost) / total.sent,
    rttMs: roundTrips(tallies),
    stages: counts,
  };
}

function countOf(tallies: readonly DatagramTally[]): FlowCount {
  const sent = tallies.reduce((sum, tally) => sum + tally.sent, 0);
  const answered = tallies.reduce((sum, tally) => sum + tally.answered, 0);
  return { sent, answered, lost: sent - answered };
}

function roundTrips(tallies: readonly DatagramTally[]): FlowReport['rttMs'] {
  const times = tallies.flatMap((tally) => tally.times).sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
  return times.length === 0 ? null : { p50: at(0.5), p99: at(0.99) };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
