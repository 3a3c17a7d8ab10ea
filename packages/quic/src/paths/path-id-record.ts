import type { PathStatusRecord } from './path-status.ts';
import type { RemoteConnectionIds } from './remote-connection-ids.ts';

/** What is known of a path ID before, while and after it is used. */
export interface PathIdRecord {
  readonly pathId: number;
  readonly peerIds: RemoteConnectionIds;
  /** Not there before the first status. */
  localStatus: PathStatusRecord | undefined;
  peerStatus: PathStatusRecord | undefined;
  /** The set's: the one of another path ID. */
  next: PathIdRecord | undefined;
}
