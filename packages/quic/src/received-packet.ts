import type { Datagram, Instant } from '@mpquic/wire';
import type { PacketLevel } from './contract.ts';
import type { Path } from './paths/path.ts';

/** A packet that was opened, while its frames are handled. One object serves every packet. */
export interface ReceivedPacket {
  level: PacketLevel;
  /** Of the connection ID that it was sent to. */
  path: Path;
  /** Sequence number of the connection ID that it was sent to. */
  localSequence: number;
  packetNumber: number;
  datagram: Datagram;
  now: Instant;
  /** Type of the frame in hand, as on the wire. */
  frameType: number;
  /** Key updates before the keys that opened it. */
  generation: number;
  /** Whether views of the plaintext may be kept without a copy. */
  plaintextIsOwned: boolean;
}
