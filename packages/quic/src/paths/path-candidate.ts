import { type Address, sameAddress } from '@mpquic/wire';
import type { NetworkPath } from './path.ts';
import { PathValidation } from './path-validation.ts';
import type { RemoteConnectionId } from './remote-connection-ids.ts';

/** A 4-tuple that a path may move to, while it is found out whether it works. RFC 9000 §9.1 */
export class PathCandidate {
  readonly network: NetworkPath;
  /** Of packets that go there alone; undefined where the peer left none to spare. RFC 9000 §9.5 */
  readonly id: RemoteConnectionId | undefined;
  readonly validation: PathValidation = new PathValidation();
  /** Whether the path moves there as soon as it is known to work. */
  wanted: boolean;
  /** Whether it is known to work, and for a datagram of 1200 octets. */
  validated = false;
  mtuValidated = false;

  constructor(network: NetworkPath, id: RemoteConnectionId | undefined, wanted: boolean) {
    this.network = network;
    this.id = id;
    this.wanted = wanted;
  }

  isAt(local: Address, remote: Address): boolean {
    return sameAddress(this.network.local, local) && sameAddress(this.network.remote, remote);
  }
}
