import { AEAD_TAG_LENGTH, type PacketOpener } from '@mpquic/crypto';
import { type Datagram, type DatagramRun, Ecn, type Instant } from '@mpquic/wire';
import type { IssuedConnectionId } from '../paths/connection-id-table.ts';
import type { Path } from '../paths/path.ts';
import type { KeyPhases } from '../protection/key-phases.ts';
import type { OpenedRun } from '../protection/opened-run.ts';
import { SHORT_RESERVED_BITS } from '../protection/packet-opening.ts';
import type { ConnectionState } from '../state.ts';
import type { ReceivedDatagrams } from '../streams/received-datagrams.ts';
import type { StreamPlace } from '../streams/stream-pieces.ts';
import type { Stream } from '../streams/stream-set.ts';
import { longestDatagram } from '../transfer/datagram-exchange.ts';
import { piecesRoom, receiveStreamPieces } from '../transfer/stream-receiving.ts';
import { soleDatagram } from '../wire/sole-datagram.ts';
import type { SoleStreamFrame } from '../wire/sole-stream-frame.ts';
import { acknowledgesEagerly } from './acknowledgements.ts';
import { creditOctets } from './credited-octets.ts';

/**
 * Receives datagrams of a run together, from the one at hand on: as long as each is one 1-RTT packet with the next packet
 * number, that holds one STREAM frame and nothing else, for a stream that is open and within its limits; or one DATAGRAM
 * frame each. What such packets have in common is asked once, and what comes of them is noted once; all others are received one by one. Returns whether
 * any were taken; `run.taken` tells how many.
 *
 * The state is what it would be had they been received one by one: nothing that is taken here can fail.
 */
export function receiveRun(state: ConnectionState, datagram: Datagram, now: Instant): boolean {
  const { run } = datagram;
  const { keys, environment } = state;
  if (run === undefined || keys === undefined || !isInTransfer(state)) return false;
  const id = environment.connectionIds.find(run.buffer, run.at + 1);
  if (id === undefined || id.owner !== state.owner) return false;
  const path = state.paths.get(id.pathId);
  if (path === undefined || !isSettled(path, datagram)) return false;
  const { opener } = keys;
  if (opener === undefined) return false;
  const { opened } = environment.workspace.inRun;
  const largest = path.acks.largestReceived;
  const first = keys.openRun(run, path.id, largest, opened);
  if (first < 0 || opened.numberOf(first) <= largest) return false;
  const frames = takeFrames(state, opener, run, opened, first);
  const count = frames > 0 ? frames : takeDatagrams(state, opener, run, opened, first);
  if (count === 0) return false;
  noteRun(state, keys, path, id, datagram, opened.numberOf(first), count, now);
  const end = Math.min(run.at + count * run.segmentSize, run.end);
  creditOctets(state, datagram, end - run.at);
  run.taken = count;
  return true;
}

/** Whether packets bring no more than frames: no handshake to drive, and nobody who wants to see each. */
function isInTransfer(state: ConnectionState): boolean {
  return (
    state.handshakeConfirmed &&
    state.observer?.packetReceived === undefined &&
    state.earlyPackets.length === 0 &&
    state.early?.keys.canOpen !== true
  );
}

/** Whether packets that come from there tell nothing new of the path. */
function isSettled(path: Path, { local, remote }: Datagram): boolean {
  return path.state === 'active' && !path.suspect && path.isAt(local, remote);
}

/** Takes the octets of the packets from `first` on, and returns of how many. */
function takeFrames(
  state: ConnectionState,
  opener: PacketOpener,
  run: DatagramRun,
  opened: OpenedRun,
  first: number,
): number {
  const { soleFrame: frame, streamPieces: pieces } = state.environment.workspace;
  let stream: Stream | undefined;
  let room = 0;
  let index = first;
  for (; index < opened.count && readFrame(frame, run, opened, first, index); index++) {
    if (frame.streamId !== stream?.id || !pieces.endBefore(frame)) {
      if (stream !== undefined) receiveStreamPieces(state, stream, pieces);
      stream = state.streams.get(frame.streamId);
      pieces.begin(opener, run.buffer, frame);
      room = stream === undefined ? 0 : piecesRoom(state, stream, pieces);
    }
    if (pieces.length + frame.length > room) break;
    pieces.append(frame.dataStart, frame.length);
  }
  if (stream !== undefined && pieces.length > 0) receiveStreamPieces(state, stream, pieces);
  return index - first;
}

/** Takes the datagrams of the packets from `first` on, and returns of how many. RFC 9221 */
function takeDatagrams(
  state: ConnectionState,
  opener: PacketOpener,
  run: DatagramRun,
  opened: OpenedRun,
  first: number,
): number {
  const { buffer } = run;
  const { datagramsReceived: queue } = state;
  const { streamPieces: pieces } = state.environment.workspace;
  const longest = longestDatagram(state);
  let batch: ReceivedDatagrams | undefined;
  let at = 0;
  let index = first;
  for (; index < opened.count && follows(run, opened, first, index); index++) {
    const end = payloadEnd(run, first, index);
    const start = soleDatagram(buffer, end - opened.lengthOf(index), end);
    const length = end - start;
    if (start < 0 || length > longest) break;
    if (batch?.fits(length) !== true) {
      if (batch !== undefined) pieces.moveTo(batch.octets, at, pieces.length);
      pieces.begin(opener, buffer, BEGINNING);
      batch = queue.batchFor(length, false);
      at = batch.end;
    }
    batch.add(length);
    if (length > 0) pieces.append(start, length);
  }
  if (batch === undefined) return 0;
  pieces.moveTo(batch.octets, at, pieces.length);
  queue.added(index - first);
  state.counters.datagramsReceived += index - first;
  return index - first;
}

/** Whether packet `index` follows those from `first` on and is to be taken with them: its frame. */
function readFrame(
  frame: SoleStreamFrame,
  run: DatagramRun,
  opened: OpenedRun,
  first: number,
  index: number,
): boolean {
  if (!follows(run, opened, first, index)) return false;
  const end = payloadEnd(run, first, index);
  return frame.read(run.buffer, end - opened.lengthOf(index), end);
}

/** Whether packet `index` was opened, and has the number that it has among those from `first` on. */
function follows(run: DatagramRun, opened: OpenedRun, first: number, index: number): boolean {
  if (opened.lengthOf(index) < 0) return false;
  if (opened.numberOf(index) !== opened.numberOf(first) + index - first) return false;
  const at = run.at + (index - first) * run.segmentSize;
  return ((run.buffer[at] as number) & SHORT_RESERVED_BITS) === 0;
}

/** Where the payload of packet `index` ends, of those from `first` on. */
function payloadEnd(run: DatagramRun, first: number, index: number): number {
  const at = run.at + (index - first) * run.segmentSize;
  return Math.min(at + run.segmentSize, run.end) - AEAD_TAG_LENGTH;
}

/** Notes that `count` packets came, of which `first` has the lowest number. */
function noteRun(
  state: ConnectionState,
  keys: KeyPhases,
  path: Path,
  id: IssuedConnectionId<object>,
  { ecn }: Datagram,
  first: number,
  count: number,
  now: Instant,
): void {
  const last = first + count - 1;
  keys.runReceived(path.id, first, last, now);
  state.counters.packetsReceived += count;
  path.packetsReceived += count;
  const eager = acknowledgesEagerly(path, now, count);
  path.acks.runReceived(first, last, now, ecn ?? Ecn.notEct, eager);
  path.localIdInUse = id.sequence;
  state.idleSince = now;
  state.sentSinceReceived = false;
}

/** Datagrams have no place in a stream. */
const BEGINNING: StreamPlace = { offset: 0 };
