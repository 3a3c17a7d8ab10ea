import type { AckTracker } from '../recovery/ack-tracker.ts';
import { writeAckFrame } from '../wire/ack-codec.ts';
import type { AckFields } from '../wire/frames.ts';
import type { PacketDraft } from './packet-draft.ts';

/**
 * Writes an ACK, or with `pathId` a PATH_ACK, of what `acks` received; false where none fits.
 * `ackDelay` is scaled by the exponent.
 */
export function writeAck(
  draft: PacketDraft,
  acks: AckTracker,
  ackDelay: number,
  pathId: number | undefined,
): boolean {
  const { received, ecn } = acks;
  const { buffer, at, limit } = draft;
  const behind = writeAckFrame(buffer, at, limit, received, ackDelay, ecn, pathId);
  if (behind === at) return false;
  draft.at = behind;
  acks.ackSent();
  if (draft.observed !== undefined) {
    const fields = ackFields(acks, ackDelay);
    draft.observed.push(
      pathId === undefined ? { type: 'ack', ...fields } : { type: 'path_ack', pathId, ...fields },
    );
  }
  return true;
}

function ackFields(acks: AckTracker, ackDelay: number): AckFields {
  const { received, ecn } = acks;
  const ranges = new Float64Array(2 * received.size);
  for (let i = 0; i < received.size; i++) {
    ranges[2 * i] = received.start(received.size - 1 - i);
    ranges[2 * i + 1] = received.last(received.size - 1 - i);
  }
  return { ackDelay, rangeCount: received.size, ranges, ecn: ecn && { ...ecn } };
}
