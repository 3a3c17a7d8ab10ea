import type { SentPacket, SentPacketVisitor } from '../src/recovery/sent-packet.ts';
import { SentPackets } from '../src/recovery/sent-packets.ts';

/** Later than every packet. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** Keeps a copy of every packet that it is shown. */
export class Recorder implements SentPacketVisitor<string> {
  acknowledged: SentPacket<string>[] = [];
  lost: SentPacket<string>[] = [];

  packetAcknowledged(packet: SentPacket<string>): void {
    this.acknowledged.push(copyOf(packet));
  }

  packetLost(packet: SentPacket<string>): void {
    this.lost.push(copyOf(packet));
  }

  take(): { acknowledged: number[]; lost: number[] } {
    const numbers = {
      acknowledged: this.acknowledged.map((packet) => packet.number),
      lost: this.lost.map((packet) => packet.number),
    };
    this.acknowledged = [];
    this.lost = [];
    return numbers;
  }
}

function copyOf(packet: SentPacket<string>): SentPacket<string> {
  return { ...packet, stream: { ...packet.stream } };
}

export function sent(count: number, interval = 10): SentPackets<string> {
  const packets = new SentPackets<string>();
  for (let i = 0; i < count; i++) packets.add(i * interval, 1200, true, true);
  return packets;
}

/** Packets of 1200 octets with 1100 of stream 4 each, sent at once. */
export function sentRun(
  packets: SentPackets<string>,
  count: number,
  time: number,
  offset: number,
): void {
  packets.addStreamRun({ count, timeSent: time, size: 1200, streamId: 4, offset, length: 1100 });
}
