import type { Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { writeDatagrams } from '../transfer/datagram-exchange.ts';
import { writeStreamControl, writeStreamData } from '../transfer/stream-sending.ts';
import { writeAck } from './ack-writing.ts';
import { writeAnnouncement } from './announcement-writing.ts';
import { writeCrypto } from './crypto-writing.ts';
import type { PlainControlFrame } from './outbox.ts';
import type { PacketDraft } from './packet-draft.ts';
import {
  acknowledgedElsewhere,
  hasSharedWork,
  mayAcknowledgeOthers,
  owesProbe,
} from './path-choice.ts';

/** RFC 9000 §8.2.1 */
const VALIDATION_DATAGRAM = 1200;

/** Packets without ack-eliciting frames until a PING asks for an acknowledgement. RFC 9000 §13.2.4 */
const ACK_ONLY_LIMIT = 32;

/**
 * Writes what belongs to the path: acknowledgements, PATH_RESPONSE, PATH_CHALLENGE. Returns whether
 * the datagram must be as large as path validation asks.
 */
export function writePathFrames(
  state: ConnectionState,
  path: Path,
  draft: PacketDraft,
  withData: boolean,
  now: Instant,
): boolean {
  writeAcknowledgements(state, path, draft, withData, now);
  const { validation } = path;
  let validates = false;
  const response = validation.owedResponse;
  if (response !== undefined && path.isAt(response.local, response.remote)) {
    validation.responseSent();
    writeRemembered(draft, { type: 'path_response', data: response.data });
    validates = true;
  }
  if (validation.challengeDue(now)) {
    const full = draft.capacity >= VALIDATION_DATAGRAM;
    const data = validation.nextChallenge(now, state.random, full);
    writeRemembered(draft, { type: 'path_challenge', data });
    validates = true;
  }
  return validates;
}

function writeAcknowledgements(
  state: ConnectionState,
  path: Path,
  draft: PacketDraft,
  withData: boolean,
  now: Instant,
): void {
  const { acks } = path;
  const joins = owesProbe(path) || path.pingOwed || (withData && hasSharedWork(state));
  if (acks.isDue(now) || (acks.hasNews && joins)) acknowledge(state, path, path, draft, now);
  const { list } = state.paths;
  if (list.length === 1 || !mayAcknowledgeOthers(state, path)) return;
  for (let i = 0; i < list.length; i++) {
    const other = list[i] as Path;
    if (other === path || !other.acks.isDue(now)) continue;
    if (acknowledgedElsewhere(state, other)) acknowledge(state, path, other, draft, now);
  }
}

/** MP-21 §2.3: with multipath, PATH_ACK for all paths. */
function acknowledge(
  state: ConnectionState,
  carrier: Path,
  path: Path,
  draft: PacketDraft,
  now: Instant,
): void {
  const { acks, id } = path;
  const largest = acks.largestReceived;
  const delay = Math.floor(acks.ackDelay(now) / 2 ** state.config.ackDelayExponent);
  if (!writeAck(draft, acks, delay, state.paths.limits === undefined ? undefined : id)) return;
  if (path === carrier) draft.acknowledges = largest;
  else draft.remember({ type: 'path_ack', pathId: id, largestAcknowledged: largest });
  if (carrier.ackOnlyPackets >= ACK_ONLY_LIMIT) draft.write({ type: 'ping' });
}

/** Writes path-agnostic frames while they fit: control, CRYPTO, then datagrams and streams in turns. */
export function writeSharedFrames(state: ConnectionState, path: Path, draft: PacketDraft): void {
  writeOutbox(state, draft);
  const crypto = state.applicationCrypto;
  if (crypto?.hasFrame === true) writeCrypto(crypto, 'application', draft);
  writeStreamControl(state, draft);
  state.streamsFirst = !state.streamsFirst;
  if (state.streamsFirst) {
    writeStreamData(state, draft);
    writeDatagrams(state, path, draft);
  } else {
    writeDatagrams(state, path, draft);
    writeStreamData(state, draft);
  }
}

function writeOutbox(state: ConnectionState, draft: PacketDraft): void {
  const { outbox } = state;
  for (let frame = outbox.peek(); frame !== undefined; frame = outbox.peek()) {
    const fits =
      frame.type === 'connection_id_announcement'
        ? writeAnnouncement(state, frame, draft)
        : writeRemembered(draft, frame);
    if (!fits) return;
    outbox.shift();
  }
}

function writeRemembered(draft: PacketDraft, frame: PlainControlFrame): boolean {
  if (!draft.write(frame)) return false;
  draft.remember(frame);
  return true;
}
