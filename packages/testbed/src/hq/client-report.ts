import { describeCode, type QuicSession, type SessionHandshakeInfo } from '@mpquic/endpoint';
import type { Transfer } from '@mpquic/hq';
import type { CloseReason, PathSnapshot } from '@mpquic/quic';
import { formatAddress } from '@mpquic/wire';
import { showIdentity } from '../cli/psk-option.ts';

/** What `mpq quic-client --json` prints. */
export interface ClientReport {
  readonly ok: boolean;
  readonly handshake: HandshakeReport | null;
  readonly multipath: { readonly negotiated: boolean; readonly paths: readonly PathReport[] };
  readonly transfers: readonly Transfer[];
  readonly close: CloseReport | null;
  /** Why `ok` is false, in one line. */
  readonly error: string | null;
}

interface HandshakeReport {
  readonly ms: number;
  readonly version: string;
  readonly cipher: string;
  readonly group: string;
  readonly psk: { readonly identity: string; readonly mode: string } | null;
  readonly resumed: boolean;
  /** Null where no 0-RTT data were offered. */
  readonly earlyData: 'accepted' | 'rejected' | null;
}

interface PathReport {
  readonly id: number;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly rttMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
}

type CloseReport = Pick<CloseReason, 'by' | 'code' | 'frameType' | 'reason'>;

export function reportHandshake(info: SessionHandshakeInfo, ms: number): HandshakeReport {
  const { version, cipher, group, psk, resumed } = info;
  return {
    ms,
    version,
    cipher,
    group,
    psk: psk === undefined ? null : { identity: showIdentity(psk.identity), mode: psk.mode },
    resumed,
    earlyData: info.earlyDataAttempted ? (info.earlyDataAccepted ? 'accepted' : 'rejected') : null,
  };
}

/** The last state of each path, abandoned ones included. */
export class PathLog {
  readonly #paths = new Map<number, PathSnapshot>();

  /** To be called before paths disappear. */
  update(session: QuicSession): void {
    for (const path of session.paths) this.#paths.set(path.id, path);
  }

  closed(pathId: number): void {
    const path = this.#paths.get(pathId);
    if (path !== undefined) this.#paths.set(pathId, { ...path, state: 'abandoned' });
  }

  report(): PathReport[] {
    return [...this.#paths.values()].map((path) => ({
      id: path.id,
      local: formatAddress(path.local),
      remote: formatAddress(path.remote),
      state: path.state,
      rttMs: path.smoothedRtt / 1000,
      bytesSent: path.bytesSent,
      bytesReceived: path.bytesReceived,
      packetsSent: path.packetsSent,
      packetsLost: path.packetsLost,
    }));
  }
}

export function reportClose(reason: CloseReason | undefined): CloseReport | null {
  if (reason === undefined) return null;
  const { by, code, frameType, reason: text } = reason;
  return { by, code, frameType, reason: text };
}

/** The report for a person. */
export function describeReport(report: ClientReport): string[] {
  const { handshake, multipath, transfers, close } = report;
  const lines: string[] = [];
  if (handshake !== null) {
    const psk =
      handshake.psk === null ? 'no PSK' : `PSK ${handshake.psk.identity} (${handshake.psk.mode})`;
    lines.push(`handshake  ${handshake.ms} ms, ${handshake.cipher}, ${handshake.group}, ${psk}`);
    lines.push(`multipath  ${multipath.negotiated ? 'yes' : 'no'}`);
  }
  for (const path of multipath.paths) {
    const figures = `rtt ${path.rttMs.toFixed(1)} ms, sent ${path.bytesSent}, received ${path.bytesReceived}, lost ${path.packetsLost} packets`;
    lines.push(`path ${path.id}     ${path.local} - ${path.remote}, ${path.state}, ${figures}`);
  }
  for (const transfer of transfers) {
    const rate = ((transfer.bytes * 8) / Math.max(transfer.ms, 0.001) / 1000).toFixed(1);
    const state = transfer.status === 200 ? '' : `, failed (${transfer.status})`;
    lines.push(
      `${transfer.path}  ${transfer.bytes} octets, ${transfer.ms} ms, ${rate} Mbit/s${state}`,
    );
  }
  if (close !== null && close.code !== 0) {
    lines.push(
      `closed     by ${close.by}, ${describeCode({ application: false, code: close.code })}`,
    );
  }
  return lines;
}
