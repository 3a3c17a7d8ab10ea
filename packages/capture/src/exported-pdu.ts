import { type Address, ByteWriter, parseIp, utf8 } from '@mpquic/wire';
import { paddedLength } from './pcapng-blocks.ts';

/** Tags of Wireshark's exported PDUs. */
const Tag = {
  end: 0,
  dissectorName: 12,
  ipv4Source: 20,
  ipv4Destination: 21,
  ipv6Source: 22,
  ipv6Destination: 23,
  portType: 24,
  sourcePort: 25,
  destinationPort: 26,
} as const;

const PORT_TYPES = { sctp: 1, tcp: 2, udp: 3 } as const;

/** One message of a protocol, without what carried it. */
export interface ExportedPdu {
  /** Wireshark's name of the dissector, such as `nas-5gs` or `pfcp`. */
  readonly dissector: string;
  readonly transport: keyof typeof PORT_TYPES;
  readonly source: Address;
  readonly destination: Address;
  readonly message: Uint8Array;
}

/** A packet of link type `exportedPdu`: tags, then the message. */
export function encodeExportedPdu(pdu: ExportedPdu): Uint8Array {
  const writer = new ByteWriter(64 + pdu.message.length);
  writeTag(writer, Tag.dissectorName, utf8(pdu.dissector));
  writeAddress(writer, pdu.source.host, Tag.ipv4Source, Tag.ipv6Source);
  writeAddress(writer, pdu.destination.host, Tag.ipv4Destination, Tag.ipv6Destination);
  writeNumber(writer, Tag.portType, PORT_TYPES[pdu.transport]);
  writeNumber(writer, Tag.sourcePort, pdu.source.port);
  writeNumber(writer, Tag.destinationPort, pdu.destination.port);
  writeTag(writer, Tag.end, new Uint8Array());
  return writer.bytes(pdu.message).finish();
}

function writeAddress(writer: ByteWriter, host: string, ipv4Tag: number, ipv6Tag: number): void {
  const octets = parseIp(host);
  writeTag(writer, octets.length === 4 ? ipv4Tag : ipv6Tag, octets);
}

function writeNumber(writer: ByteWriter, tag: number, value: number): void {
  writer.uint16(tag).uint16(4).uint32(value);
}

/** The length counts the padding: dissectors step on by it. */
function writeTag(writer: ByteWriter, tag: number, value: Uint8Array): void {
  const length = paddedLength(value.length);
  writer
    .uint16(tag)
    .uint16(length)
    .bytes(value)
    .zeros(length - value.length);
}
