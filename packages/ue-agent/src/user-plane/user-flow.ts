import type { DatagramRoute } from '@mpquic/http3';

/** Where an application's datagrams go. */
export interface FlowTarget {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
}

/** An application's UDP flow through the UPF. */
export interface UserFlow {
  /** False where the datagram was dropped. */
  send(payload: Uint8Array): boolean;
  close(): void;
}

/** A flow whose datagrams may be routed anew. */
export interface SteerableFlow extends UserFlow {
  setRoute(route: DatagramRoute | undefined): void;
}

export interface FlowReceiver {
  /** A payload, as a view that stays unchanged. */
  receive(payload: Uint8Array): void;
  /** The flow is over. */
  ended(reason: string): void;
}
