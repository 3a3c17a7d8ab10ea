import type { Address } from '@mpquic/wire';
import { addon, type NativeAddon } from './addon.ts';
import { boundAddress, DEFAULT_BUFFER_SIZE, socketFeatures } from './socket-binding.ts';
import { createAddressRow } from './socket-row.ts';

export interface ReservationOptions {
  /** Where to bind; port 0 lets the system choose. */
  readonly local: Address;
  /** Sockets that share the address, each reserved in turn: see `DatagramSocketOptions`. */
  readonly workers: number;
  readonly receiveBufferSize?: number | undefined;
  readonly sendBufferSize?: number | undefined;
}

/**
 * A bound socket that waits for who receives on it, in this thread or in another one of the process. It keeps its place
 * among the sockets of its address, and what arrives for it, while its user is replaced.
 */
export interface SocketReservation {
  readonly local: Address;
  /** For `DatagramSocketOptions`. */
  readonly descriptor: number;
  /** Who uses the socket goes on. */
  close(): void;
}

/** Reserves a socket, or throws the system's error; undefined where there is no addon. */
export const reserveNativeSocket: ((options: ReservationOptions) => SocketReservation) | undefined =
  addon === undefined ? undefined : reserverOf(addon);

function reserverOf(native: NativeAddon): (options: ReservationOptions) => SocketReservation {
  return ({ local, workers, receiveBufferSize, sendBufferSize }) => {
    const row = createAddressRow(local);
    const handle = native.reserveSocket(
      row,
      receiveBufferSize ?? DEFAULT_BUFFER_SIZE,
      sendBufferSize ?? DEFAULT_BUFFER_SIZE,
      socketFeatures({ local }),
      workers,
    );
    return {
      local: boundAddress(row, local),
      descriptor: native.reservedDescriptor(handle),
      close: () => native.releaseReservation(handle),
    };
  };
}
