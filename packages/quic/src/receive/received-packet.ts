import type { Datagram, Instant } from '@mpquic/wire';
import type { PacketLevel } from '../contract.ts';
import type { Path } from '../paths/path.ts';
import type { OpenedPacket } from '../protection/packet-opening.ts';

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

/** The one object of `holder`, filled in for the packet at hand. */
export function receivedPacket(
  holder: { received: ReceivedPacket | undefined },
  level: PacketLevel,
  path: Path,
  localSequence: number,
  opened: OpenedPacket,
  datagram: Datagram,
  now: Instant,
): ReceivedPacket {
  const { packetNumber, generation, isOwned: plaintextIsOwned } = opened;
  const packet = holder.received;
  if (packet === undefined) {
    const first = { level, path, localSequence, packetNumber, generation, datagram, now };
    holder.received = { ...first, frameType: 0, plaintextIsOwned };
    return holder.received;
  }
  packet.level = level;
  packet.path = path;
  packet.localSequence = localSequence;
  packet.packetNumber = packetNumber;
  packet.generation = generation;
  packet.datagram = datagram;
  packet.now = now;
  packet.plaintextIsOwned = plaintextIsOwned;
  return packet;
}
