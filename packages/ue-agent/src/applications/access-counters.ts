import type { Access } from '@mpquic/nas';
import type { PathRow } from '../mpquic/path-row.ts';
import type { UserPlane } from '../user-plane/user-plane.ts';

/** QUIC packets of user traffic over one access, over all its paths. */
export interface PacketCount {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
}

/** {@link PacketCount}, of the whole and of each stage. */
export interface AccessReport extends PacketCount {
  readonly access: Access;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly stages: readonly (PacketCount & { readonly stage: string })[];
}

const ACCESSES: readonly Access[] = ['3gpp', 'non-3gpp'];

/** Reads the counters of a user plane's paths at the borders of stages. */
export class AccessCounters {
  readonly #userPlane: UserPlane;
  readonly #stages: string[] = [];
  readonly #readings: (readonly PathRow[])[] = [];

  constructor(userPlane: UserPlane) {
    this.#userPlane = userPlane;
  }

  /** A stage begins, and the one before it ends. */
  async enter(stage: string): Promise<void> {
    this.#readings.push(await this.rows());
    this.#stages.push(stage);
  }

  /** To be called once, when the last stage has ended. */
  async report(): Promise<readonly AccessReport[]> {
    this.#readings.push(await this.rows());
    const last = this.#readings.at(-1) ?? [];
    return ACCESSES.map((access) => ({
      access,
      ...packetsOf(last, access),
      bytesSent: sum(last, access, ({ bytesSent }) => bytesSent),
      bytesReceived: sum(last, access, ({ bytesReceived }) => bytesReceived),
      stages: this.#stages.map((stage, i) => ({
        stage,
        ...difference(
          packetsOf(this.#readings[i] ?? [], access),
          packetsOf(this.#readings[i + 1] ?? [], access),
        ),
      })),
    }));
  }

  /** All paths of all connections. */
  async rows(): Promise<readonly PathRow[]> {
    const connections = await this.#userPlane.connections();
    return connections.flatMap(({ connection }) => connection.paths());
  }
}

function packetsOf(rows: readonly PathRow[], access: Access): PacketCount {
  return {
    packetsSent: sum(rows, access, ({ packetsSent }) => packetsSent),
    packetsReceived: sum(rows, access, ({ packetsReceived }) => packetsReceived),
    packetsLost: sum(rows, access, ({ packetsLost }) => packetsLost),
  };
}

function difference(before: PacketCount, after: PacketCount): PacketCount {
  return {
    packetsSent: after.packetsSent - before.packetsSent,
    packetsReceived: after.packetsReceived - before.packetsReceived,
    packetsLost: after.packetsLost - before.packetsLost,
  };
}

function sum(rows: readonly PathRow[], access: Access, value: (row: PathRow) => number): number {
  return rows.reduce((total, row) => (row.access === access ? total + value(row) : total), 0);
}
