import { accessRows, flowRows, type TableRows, trafficSentences } from '@mpquic/ue-agent';
import { paint } from '../cli/output.ts';
import { formatTable } from '../cli/table.ts';
import type { UePath, UeReport } from './three-roles.ts';

/** The table of the paths, as the UE saw them before the release. */
export function pathTable(paths: readonly UePath[]): string[] {
  return formatTable(
    [
      { title: 'path', align: 'right' },
      { title: 'access' },
      { title: 'UE' },
      { title: 'UPF' },
      { title: 'state' },
      { title: 'RTT ms', align: 'right' },
      { title: 'sent B', align: 'right' },
      { title: 'received B', align: 'right' },
      { title: 'packets', align: 'right' },
      { title: 'lost', align: 'right' },
    ],
    paths.map((path) => [
      String(path.id),
      path.access ?? '',
      path.local,
      path.remote,
      path.state,
      path.rttMs === 0 ? '-' : path.rttMs.toFixed(2),
      String(path.bytesSent),
      String(path.bytesReceived),
      String(path.packetsSent),
      String(path.packetsLost),
    ]),
  );
}

/** What was measured, in sentences. */
export function describeOutcome(report: UeReport): string[] {
  const { handshake, transfer, afterRelease } = report;
  const lines = [
    `Solution #${report.solution}, variant ${report.variant}, ${report.pskMode} PSK, KID ${report.kid}`,
    `Handshake: ${handshake.ms.toFixed(1)} ms, ${handshake.cipher}, ${handshake.group}, psk_dhe_ke; no certificate`,
  ];
  if (transfer !== undefined) {
    const rate = (transfer.bytes * 8) / transfer.ms / 1000;
    lines.push(
      `Transfer: ${transfer.bytes} octets in ${transfer.ms.toFixed(0)} ms (${rate.toFixed(0)} Mbit/s), SHA-256 as sent: nothing lost`,
    );
    if (transfer.cut !== undefined) {
      const { afterBytes, interruptionMs, switchedAfterMs } = transfer.cut;
      lines.push(
        `Access cut after ${afterBytes} octets: longest pause ${interruptionMs.toFixed(1)} ms; all on the other path ${switchedAfterMs.toFixed(1)} ms after the cut`,
      );
    }
  }
  if (afterRelease !== undefined) {
    const verdict = afterRelease.accepted ? paint('yellow', 'accepted') : paint('green', 'refused');
    lines.push(`After the release the same KID is ${verdict}: ${afterRelease.detail}`);
  }
  return lines;
}

/** The traffic of applications: what crossed each access, and what applications saw of it. */
export function describeTraffic({ traffic }: UeReport): string[] {
  if (traffic === undefined) return [];
  return [
    '',
    paint('bold', 'User traffic: packets over each access'),
    ...tableOf(accessRows(traffic)),
    '',
    paint('bold', 'User traffic: what applications lost'),
    ...tableOf(flowRows(traffic)),
    ...trafficSentences(traffic),
  ];
}

const FIGURES = /^[\d.]|^-$/;

/** Columns of figures to the right. */
function tableOf([titles = [], ...rows]: TableRows): string[] {
  const columns = titles.map((title, i) => {
    const figures = rows.length > 0 && rows.every((row) => FIGURES.test(row[i] ?? ''));
    return figures ? ({ title, align: 'right' } as const) : { title };
  });
  return formatTable(columns, rows);
}
