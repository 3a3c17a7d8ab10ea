import { type PeerTransfer, peerTransfers } from '@mpquic/interop';
import type { Effort } from '../effort.ts';
import type { Measurement } from '../result.ts';

/** Octets of the first download, which shows how many the measured one takes. */
const TRIAL = 20_000_000;
const MOST = 2_000_000_000;
/** Octets of application data in a datagram of 1452 octets. */
const DATA_PER_PACKET = 1412;

/** Another stack, between a server and a client of its own. */
export interface OtherStack {
  readonly name: string;
  readonly remark: string;
  measure(effort: Effort): Promise<Measurement>;
}

/** Those that are installed on this machine; `note` tells of the others. */
export async function installedStacks(note: (text: string) => void): Promise<OtherStack[]> {
  const stacks: OtherStack[] = [];
  for (const transfer of peerTransfers) {
    const found = await transfer.detect();
    if (found.installed) stacks.push(stackOf(transfer));
    else note(`${transfer.name}: not compared: ${found.reason}`);
  }
  return stacks;
}

function stackOf(transfer: PeerTransfer): OtherStack {
  let octets = 0;
  return {
    name: transfer.name,
    remark: transfer.remark,
    async measure({ duration }) {
      if (octets === 0) {
        const { gbitPerSecond } = await transfer.measure(TRIAL);
        octets = Math.round(Math.min((gbitPerSecond * 1e9 * duration) / 8000, MOST));
      }
      const asked = Math.max(octets, TRIAL);
      const { gbitPerSecond, senderCpu, receiverCpu } = await transfer.measure(asked);
      // As if their packets were as large as ours.
      const packets = asked / DATA_PER_PACKET;
      return {
        value: gbitPerSecond,
        details: {
          'sender CPU us/packet': senderCpu / packets,
          'receiver CPU us/packet': receiverCpu / packets,
        },
      };
    },
  };
}
