import {
  accessRows,
  flowRows,
  type TableRows,
  trafficSentences,
} from '../applications/traffic-table.ts';
import type { UserTrafficReport } from '../applications/user-traffic.ts';
import type { PathRow } from '../mpquic/path-row.ts';
import type { TransferReport } from '../mpquic/transfer.ts';

/** What happened, for a report. Times in milliseconds. */
export interface StoryReport {
  readonly solution: string;
  readonly variant: string;
  readonly pskMode: string;
  readonly kid: string;
  readonly handshake: { readonly ms: number; readonly cipher: string; readonly group: string };
  readonly paths: readonly PathRow[];
  readonly transfer: TransferReport | undefined;
  readonly traffic: UserTrafficReport | undefined;
  readonly afterRelease: AfterRelease | undefined;
}

/** What became of an attempt with the KID of the released session. */
export interface AfterRelease {
  /** Only a provisioned PSK outlives its session. */
  readonly accepted: boolean;
  readonly detail: string;
}

/** The report for a person. */
export function describeStory(report: StoryReport): string[] {
  const { solution, variant, pskMode, handshake, transfer: moved, traffic, afterRelease } = report;
  const lines = [
    `solution ${solution} (${variant}), ${pskMode} PSK: handshake ${handshake.ms.toFixed(1)} ms, ${handshake.cipher}, ${handshake.group}`,
  ];
  if (moved !== undefined) {
    const rate = ((moved.bytes * 8) / moved.ms / 1000).toFixed(0);
    lines.push(
      `transfer ${moved.bytes} octets in ${moved.ms.toFixed(0)} ms, ${rate} Mbit/s, SHA-256 correct`,
    );
    if (moved.cut !== undefined) {
      const { afterBytes, interruptionMs, switchedAfterMs } = moved.cut;
      lines.push(
        `access cut after ${afterBytes} octets: longest pause ${interruptionMs.toFixed(1)} ms, all data on the other path after ${switchedAfterMs.toFixed(1)} ms`,
      );
    }
  }
  if (afterRelease !== undefined) {
    const { accepted, detail } = afterRelease;
    lines.push(`KID after the release ${accepted ? 'accepted' : 'refused'}: ${detail}`);
  }
  const paths = aligned(pathRows(report.paths));
  if (traffic === undefined) return [...lines, ...paths];
  return [
    ...lines,
    ...trafficSentences(traffic),
    ...paths,
    ...aligned(flowRows(traffic)),
    ...aligned(accessRows(traffic)),
  ];
}

function pathRows(paths: readonly PathRow[]): TableRows {
  const titles = 'path,access,local,remote,state,RTT ms,sent,received,lost'.split(',');
  const rows = paths.map((path) => [
    String(path.id),
    path.access ?? '',
    path.local,
    path.remote,
    path.state,
    path.rttMs.toFixed(1),
    String(path.bytesSent),
    String(path.bytesReceived),
    String(path.packetsLost),
  ]);
  return [titles, ...rows];
}

function aligned(rows: TableRows): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
