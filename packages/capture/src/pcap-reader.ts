import type { Capture, CapturedPacket } from './capture.ts';

const FILE_HEADER = 24;
const PACKET_HEADER = 16;

/** Units of the second time stamp field, by the magic number as read in the file's byte order. */
const FRACTIONS: ReadonlyMap<number, number> = new Map([
  [0xa1b2_c3d4, 1],
  [0xa1b2_3c4d, 1000],
]);

/** Reads a pcap file; undefined where it does not begin like one. draft-ietf-opsawg-pcap §4 */
export function readPcap(file: Uint8Array): Capture | undefined {
  if (file.length < FILE_HEADER) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isLittle = FRACTIONS.has(view.getUint32(0, true));
  const perMicrosecond = FRACTIONS.get(view.getUint32(0, isLittle));
  if (perMicrosecond === undefined) return undefined;
  const linkType = view.getUint32(20, isLittle) & 0xffff;

  const packets: CapturedPacket[] = [];
  let at = FILE_HEADER;
  while (at + PACKET_HEADER <= file.length) {
    const length = view.getUint32(at + 8, isLittle);
    const start = at + PACKET_HEADER;
    if (length > file.length - start) break;
    const seconds = view.getUint32(at, isLittle);
    packets.push({
      number: packets.length + 1,
      time: seconds * 1e6 + view.getUint32(at + 4, isLittle) / perMicrosecond,
      linkType,
      interfaceName: undefined,
      data: file.subarray(start, start + length),
      originalLength: view.getUint32(at + 12, isLittle),
    });
    at = start + length;
  }
  const problem = at === file.length ? undefined : `packet ${packets.length + 1} is cut short`;
  return { packets, keyLogs: [], problem };
}
