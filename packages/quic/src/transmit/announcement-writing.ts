import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import { statelessResetToken } from '../set/stateless-reset.ts';
import type { ConnectionState } from '../state.ts';
import {
  cloneFrame,
  type NewConnectionIdFrame,
  type PathNewConnectionIdFrame,
} from '../wire/frames.ts';
import type { ConnectionIdAnnouncement } from './outbox.ts';
import type { PacketDraft } from './packet-draft.ts';

/**
 * Writes a connection ID that was issued and is remembered in the packet, unless the peer has retired it meanwhile;
 * false where it does not fit.
 */
export function writeAnnouncement(
  state: ConnectionState,
  announcement: ConnectionIdAnnouncement,
  draft: PacketDraft,
): boolean {
  const { localIds } = state;
  const { pathId, sequenceNumber } = announcement;
  if (!localIds.copy(pathId, sequenceNumber, ID)) return true;
  const frame = announcementFrame(state, announcement);
  if (!draft.write(draft.observed === undefined ? frame : cloneFrame(frame))) return false;
  draft.remember(announcement);
  localIds.announced(pathId, sequenceNumber);
  return true;
}

/** MP-21 §3.2: with multipath, path 0 SHOULD be served by the frames of all paths. */
function announcementFrame(
  { crypto, environment, paths }: ConnectionState,
  { pathId, sequenceNumber }: ConnectionIdAnnouncement,
): NewConnectionIdFrame | PathNewConnectionIdFrame {
  const token = statelessResetToken(crypto, environment.statelessResetKey, ID);
  return paths.limits === undefined
    ? {
        type: 'new_connection_id',
        sequenceNumber,
        retirePriorTo: 0,
        connectionId: ID,
        statelessResetToken: token,
      }
    : {
        type: 'path_new_connection_id',
        pathId,
        sequenceNumber,
        retirePriorTo: 0,
        connectionId: ID,
        statelessResetToken: token,
      };
}

/** The octets of the one that is being written. */
const ID = new Uint8Array(CONNECTION_ID_LENGTH);
