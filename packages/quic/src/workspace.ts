import { SEAL_ROW_LENGTH } from '@mpquic/crypto';
import type { ConnectionIdTable } from './paths/connection-id-table.ts';
import type { Path } from './paths/path.ts';
import { PacketDraft } from './packet-draft.ts';
import { FrameReader } from './wire/frame-reader.ts';
import { DatagramReader } from './wire/packet-header.ts';

/** Packets that are sealed by one call. */
export const RUN_LIMIT = 64;

/** Buffers that the connections of one set share, since they work one at a time. */
export interface Workspace {
  readonly datagram: DatagramReader;
  readonly frames: FrameReader;
  readonly draft: PacketDraft;
  /** Rows of `PacketSealer.seal`. */
  readonly sealTable: Int32Array;
  /** Paths offered to the scheduler. */
  readonly candidates: Path[];
  readonly active: Path[];
}

export function createWorkspace(): Workspace {
  return {
    datagram: new DatagramReader(),
    frames: new FrameReader(),
    draft: new PacketDraft(),
    sealTable: new Int32Array(RUN_LIMIT * SEAL_ROW_LENGTH),
    candidates: [],
    active: [],
  };
}

/** What a connection shares with the others behind the same sockets. */
export interface Environment<Owner extends object = object> {
  readonly connectionIds: ConnectionIdTable<Owner>;
  /** 32 octets, from which stateless reset tokens derive. RFC 9000 §10.3.2 */
  readonly statelessResetKey: Uint8Array;
  readonly workspace: Workspace;
}
