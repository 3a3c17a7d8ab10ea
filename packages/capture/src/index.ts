export type { Capture, CapturedPacket } from './capture.ts';
export { CaptureError, readCapture } from './capture-reader.ts';
export { type ExportedPdu, encodeExportedPdu } from './exported-pdu.ts';
export { LinkType } from './link-type.ts';
export { type CaptureInterface, PcapngWriter } from './pcapng-writer.ts';
export { type TcpSegment, TcpStreams, tcpSegment } from './tcp-stream.ts';
export { encodeUdpPacket, type UdpDatagram, udpDatagram } from './udp-packet.ts';
