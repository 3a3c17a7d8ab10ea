import { type PacketSealer, SEAL_ROW_LENGTH, SealColumn } from '@mpquic/crypto';
import { DatagramReader, type PacketHeader } from '../src/index.ts';

/** Seals one packet in place: header of `headerLength` octets, payload behind it, room for the tag. */
export function sealOne(
  sealer: PacketSealer,
  packet: Uint8Array,
  headerLength: number,
  numberLength: number,
  pathId: number,
  packetNumber: number,
): Uint8Array {
  const row = new Int32Array(SEAL_ROW_LENGTH);
  row[SealColumn.headerLength] = headerLength;
  row[SealColumn.packetNumberLength] = numberLength;
  row[SealColumn.payloadLength] = packet.length - headerLength - 16;
  row[SealColumn.pathId] = pathId;
  row[SealColumn.packetNumberLow] = packetNumber;
  row[SealColumn.packetNumberHigh] = Math.floor(packetNumber / 2 ** 32);
  sealer.seal(packet, row, 1);
  return packet;
}

/** The header of the first packet of a datagram, in an object of its own. */
export function parseFirst(datagram: Uint8Array, shortDestinationLength = 8): PacketHeader {
  const reader = new DatagramReader();
  reader.begin(datagram, 0, datagram.length, shortDestinationLength);
  const header = reader.next();
  if (!header) throw new Error(`no packet: ${reader.problem}`);
  return { ...header };
}
