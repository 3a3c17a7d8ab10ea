import { reserveNativeSocket, type SocketReservation } from '@mpquic/native';
import type { Address } from '@mpquic/wire';
import { bindError } from './bind-error.ts';

/** Sockets of several workers on the same addresses, all bound before the first worker starts. */
export interface WorkerSockets {
  /** With the ports that the system chose. */
  readonly addresses: readonly Address[];
  /** For each worker, one socket for each address. */
  readonly descriptors: readonly (readonly number[])[];
  /** Those of running workers go on. */
  close(): void;
}

/**
 * Reserves sockets for `count` workers. The system hands each datagram to the socket whose place its connection ID
 * names; a reserved socket keeps its place while its worker is replaced.
 * @throws {QuicError} where an address cannot be bound, or there is no native addon
 */
export function reserveWorkerSockets(wanted: readonly Address[], count: number): WorkerSockets {
  const reservations: SocketReservation[][] = Array.from({ length: count }, () => []);
  const close = (): void => {
    for (const reservation of reservations.flat()) reservation.close();
  };
  try {
    const addresses = wanted.map((address) => {
      let local = address;
      for (const own of reservations) {
        const reservation = reserve(local, count);
        own.push(reservation);
        ({ local } = reservation);
      }
      return local;
    });
    const descriptors = reservations.map((own) => own.map(({ descriptor }) => descriptor));
    return { addresses, descriptors, close };
  } catch (error) {
    close();
    throw error;
  }
}

function reserve(local: Address, workers: number): SocketReservation {
  try {
    if (reserveNativeSocket !== undefined) return reserveNativeSocket({ local, workers });
  } catch (error) {
    throw bindError(local, error as NodeJS.ErrnoException);
  }
  throw bindError(local, Object.assign(new Error('no native addon'), { code: 'ENOTSUP' }));
}
