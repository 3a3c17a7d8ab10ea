export { type Clock, monotonicClock, wallClockMicroseconds } from './clock.ts';
export type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  OpenDatagramSocket,
  SocketCounters,
} from './datagram-socket.ts';
export { openDgramSocket } from './dgram-socket.ts';
export {
  ConnectionDriver,
  type ConnectionHandler,
  type DrivenConnection,
  type DriverOptions,
} from './driver.ts';
export { SocketSet } from './socket-set.ts';
export type { Tap, TappedDatagram } from './tap.ts';
