import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimedRoleEvent } from '@mpquic/service';
import type { UserTrafficReport } from '@mpquic/ue-agent';
import { CommandFailure } from '../cli/failure.ts';
import {
  type DataNetwork,
  type DataNetworkOptions,
  startDataNetwork,
} from '../data-network/data-network.ts';
import { LoopbackNetwork } from './loopback-network.ts';
import { type LoopbackOptions, loopbackSetup } from './loopback-setup.ts';
import { type RecordedPacket, recordedPackets } from './recorded-packets.ts';
import { RoleProcess } from './role-process.ts';

/** What the UE says of its story; see package ue-agent. Times in milliseconds. */
export interface UeReport {
  readonly solution: string;
  readonly variant: string;
  readonly pskMode: string;
  readonly kid: string;
  readonly handshake: { readonly ms: number; readonly cipher: string; readonly group: string };
  readonly paths: readonly UePath[];
  readonly transfer?: {
    readonly bytes: number;
    readonly ms: number;
    readonly sha256: string;
    readonly cut?: {
      readonly afterBytes: number;
      readonly interruptionMs: number;
      readonly switchedAfterMs: number;
    };
  };
  readonly traffic?: UserTrafficReport;
  readonly afterRelease?: { readonly accepted: boolean; readonly detail: string };
}

export interface UePath {
  readonly id: number;
  readonly access?: string;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly rttMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
}

export interface ThreeRolesOptions extends Omit<LoopbackOptions, 'folder'> {
  /** Sees events of the UE while it runs. */
  readonly onProgress?: ((event: TimedRoleEvent) => void) | undefined;
  /** Aborted where the run is to end at once. */
  readonly signal?: AbortSignal | undefined;
}

export interface ThreeRolesResult {
  readonly report: UeReport;
  /** Of all roles, in the order of time; with keys. */
  readonly events: readonly TimedRoleEvent[];
  readonly keyLog: string;
  /** What passed the service-based interface and the UDP sockets of the UE. */
  readonly packets: readonly RecordedPacket[];
  /** Folder of the qlog files. */
  readonly qlog: string;
  /** To be called when the result is no longer needed: its files hold keys. */
  dispose(): void;
}

/** What the roles write: SBI at the core, QUIC at the UE. */
const CAPTURES = ['core.pcapng', 'ue.pcapng'] as const;
const PROGRESS_MS = 50;

/**
 * Runs core, upf-proxy and ue-agent as processes on loopback until the UE has told its story.
 * @throws {CommandFailure} with the line of the role that failed; no process is left behind
 */
export async function runThreeRoles(options: ThreeRolesOptions): Promise<ThreeRolesResult> {
  const network = await LoopbackNetwork.claim();
  try {
    return await runOn(network, options);
  } finally {
    network.release();
  }
}

async function runOn(
  network: LoopbackNetwork,
  options: ThreeRolesOptions,
): Promise<ThreeRolesResult> {
  const work = mkdtempSync(join(tmpdir(), 'mpq-'));
  const setup = loopbackSetup({ ...options, folder: work }, network);
  const running: RoleProcess[] = [];
  const start = async (
    role: string,
    settings: object,
    observability?: string,
  ): Promise<RoleProcess> => {
    if (options.signal?.aborted === true) throw CommandFailure.failed('interrupted');
    const started = await RoleProcess.start({
      role,
      folder: work,
      settings: settings as Record<string, unknown>,
      ...(observability === undefined ? {} : { observability }),
    });
    running.push(started);
    return started;
  };
  let dataNetwork: DataNetwork | undefined;
  try {
    dataNetwork = options.traffic && (await openDataNetwork(options.traffic.dataNetwork));
    await start('upf-proxy', setup.upf, setup.observability.upf);
    await start('core', setup.core, setup.observability.core);
    const ue = await start('ue-agent', setup.ue);
    await follow(ue, running, options);
    const events = running.flatMap((role) => role.allEvents()).sort((a, b) => a.at - b.at);
    await stopAll(running);
    const late = running.flatMap((role) => role.allEvents()).sort((a, b) => a.at - b.at);
    return {
      report: JSON.parse(readFileSync(join(work, 'ue-report.json'), 'utf8')) as UeReport,
      events: late.length > events.length ? late : events,
      keyLog: readFileSync(join(work, 'keys.log'), 'utf8'),
      packets: CAPTURES.flatMap((name) => recordedPackets(readFileSync(join(work, name)))),
      qlog: join(work, 'qlog'),
      dispose: () => rmSync(work, { recursive: true, force: true }),
    };
  } catch (error) {
    await stopAll(running);
    rmSync(work, { recursive: true, force: true });
    // Ctrl-C reaches the roles too: what they say then is no reason.
    throw options.signal?.aborted === true ? CommandFailure.failed('interrupted') : error;
  } finally {
    await dataNetwork?.close();
  }
}

async function openDataNetwork(options: DataNetworkOptions): Promise<DataNetwork> {
  try {
    return await startDataNetwork(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw CommandFailure.failed(`the data network did not start: ${reason}`);
  }
}

/** Waits for the UE's end, and hands on what it tells meanwhile. */
async function follow(
  ue: RoleProcess,
  running: readonly RoleProcess[],
  { onProgress, signal }: ThreeRolesOptions,
): Promise<void> {
  const timer = setInterval(() => {
    for (const event of ue.newEvents()) onProgress?.(event);
  }, PROGRESS_MS);
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(CommandFailure.failed('interrupted')), {
      once: true,
    });
  });
  try {
    const status = await Promise.race([ue.exited, aborted]);
    for (const event of ue.newEvents()) onProgress?.(event);
    if (status === 0) return;
    // Where another role ended before, that is why.
    const culprit = running.find((role) => role !== ue && role.ended) ?? ue;
    throw CommandFailure.failed(`${culprit.name}: ${culprit.failure}`);
  } finally {
    clearInterval(timer);
  }
}

/** Last started, first stopped: the UPF still answers when the core releases its association. */
async function stopAll(running: readonly RoleProcess[]): Promise<void> {
  for (const role of [...running].reverse()) await role.stop();
}
