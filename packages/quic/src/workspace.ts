import { type CryptoProvider, SEAL_ROW_LENGTH } from '@mpquic/crypto';
import type { Random } from '@mpquic/wire';
import type { ConnectionSetOptions } from './contract.ts';
import { ConnectionIdTable } from './paths/connection-id-table.ts';
import type { Path } from './paths/path.ts';
import { OpenedRun } from './protection/opened-run.ts';
import {
  createOpenedPacket,
  type OpenedPacket,
  type PacketInRun,
} from './protection/packet-opening.ts';
import type { ReceivedPacket } from './receive/received-packet.ts';
import type { TimerConditions } from './recovery/loss-detection.ts';
import { createStreamRun, type StreamRun } from './recovery/stream-run.ts';
import { RUN_LIMIT } from './run-limit.ts';
import { AddressTokens } from './set/address-tokens.ts';
import { RoutableConnectionIds } from './set/routable-connection-ids.ts';
import { BlockPool } from './streams/block-pool.ts';
import { DatagramCells } from './streams/datagram-cells.ts';
import { PieceTable } from './streams/piece-table.ts';
import { DatagramBatches } from './streams/received-datagrams.ts';
import { SourceViews } from './streams/source-views.ts';
import { StreamPieces } from './streams/stream-pieces.ts';
import { PacketDraft } from './transmit/packet-draft.ts';
import { FrameReader } from './wire/frame-reader.ts';
import { DatagramReader } from './wire/packet-header.ts';
import { SoleStreamFrame } from './wire/sole-stream-frame.ts';

/** Octets of the key from which stateless reset tokens derive. */
const STATELESS_RESET_KEY_LENGTH = 32;

/** Buffers that the connections of one set share, since they work one at a time. */
export interface Workspace {
  readonly datagram: DatagramReader;
  readonly frames: FrameReader;
  readonly opened: OpenedPacket;
  readonly inRun: PacketInRun;
  received: ReceivedPacket | undefined;
  /** What {@link receiveRun} reads, and the octets it collects. */
  readonly soleFrame: SoleStreamFrame;
  readonly streamPieces: StreamPieces;
  readonly draft: PacketDraft;
  /** Where octets of streams wait for those before them. */
  readonly blocks: BlockPool;
  readonly sourceViews: SourceViews;
  /** For datagrams on their way out, and in. */
  readonly datagramCells: DatagramCells;
  readonly datagramBatches: DatagramBatches;
  /** Rows of `PacketSealer.seal`. */
  readonly sealTable: Int32Array;
  readonly pieces: PieceTable;
  readonly streamRun: StreamRun;
  /** Paths offered to the scheduler. */
  readonly candidates: Path[];
  readonly active: Path[];
  readonly timerConditions: { -readonly [K in keyof TimerConditions]: TimerConditions[K] };
}

function createWorkspace(): Workspace {
  return {
    datagram: new DatagramReader(),
    frames: new FrameReader(),
    opened: createOpenedPacket(),
    inRun: { opened: new OpenedRun(), run: undefined },
    received: undefined,
    soleFrame: new SoleStreamFrame(),
    streamPieces: new StreamPieces(),
    draft: new PacketDraft(),
    blocks: new BlockPool(),
    sourceViews: new SourceViews(),
    datagramCells: new DatagramCells(),
    datagramBatches: new DatagramBatches(),
    sealTable: new Int32Array(RUN_LIMIT * SEAL_ROW_LENGTH),
    pieces: new PieceTable(),
    streamRun: createStreamRun(),
    candidates: [],
    active: [],
    timerConditions: {
      atAmplificationLimit: false,
      peerValidatedAddress: false,
      hasHandshakeKeys: false,
      handshakeConfirmed: false,
    },
  };
}

/** What a connection shares with the others behind the same sockets. */
export interface Environment<Owner extends object = object> {
  /** For connection IDs, challenges, skipped packet numbers. */
  readonly random: Random;
  readonly connectionIds: ConnectionIdTable<Owner>;
  /** Makes the connection IDs that are issued here. */
  readonly connectionIdSource: Random;
  /** 32 octets, from which stateless reset tokens derive. RFC 9000 §10.3.2 */
  readonly statelessResetKey: Uint8Array;
  /** Of Retry and NEW_TOKEN. */
  readonly addressTokens: AddressTokens;
  readonly workspace: Workspace;
}

export function createEnvironment<Owner extends object>(
  crypto: CryptoProvider,
  random: Random,
  { serverId, statelessResetKey }: ConnectionSetOptions = {},
): Environment<Owner> {
  return {
    random,
    connectionIds: new ConnectionIdTable(),
    connectionIdSource:
      serverId === undefined ? random : new RoutableConnectionIds(random, serverId),
    statelessResetKey: statelessResetKey ?? random.fill(new Uint8Array(STATELESS_RESET_KEY_LENGTH)),
    addressTokens: new AddressTokens(crypto, random),
    workspace: createWorkspace(),
  };
}
