export { type NativeStatus, nativeStatus } from './addon.ts';
export { nativeCryptoProvider } from './crypto-provider.ts';
export { openNativeSocket } from './datagram-socket.ts';
export type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  OpenDatagramSocket,
  SocketCounters,
} from './datagram-socket-types.ts';
export { probeNativeSockets, type SocketProbe } from './socket-probe.ts';
export {
  type ReservationOptions,
  reserveNativeSocket,
  type SocketReservation,
} from './socket-reservation.ts';
export { TunDevice, tunUnavailable } from './tun-device.ts';
