import type { ForwardingError, IpHeader, TargetPolicy } from '@mpquic/http3';

/** A flow of the data network: the far end of packets. */
export interface IpFlow {
  /** IP protocol number. */
  readonly protocol: number;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Undefined where the protocol has none, or a fragment does not show it. */
  readonly port: number | undefined;
}

export interface ForwarderOptions {
  readonly policy: TargetPolicy;
  /** The client's addresses in the data network. */
  readonly addresses: readonly Uint8Array[];
  /** Takes a packet for the client, which is the taker's. */
  readonly deliver: (packet: Uint8Array, flow: IpFlow) => void;
  /** A packet of the client goes nowhere. */
  readonly refuse: (error: ForwardingError, packet: Uint8Array, header: IpHeader) => void;
}

/** What takes the packets of one client to the data network, and brings those for it. */
export interface IpForwarder {
  /** Flows that it keeps state of. */
  readonly flows: number;
  /** A packet of the client, checked by the tunnel, as a view that stays unchanged. */
  forward(packet: Uint8Array, header: IpHeader): void;
  /** An ICMP packet of this router about a packet for the client; without it nobody is told. */
  returnError?(packet: Uint8Array): void;
  close(): void;
}

export type OpenForwarder = (options: ForwarderOptions) => IpForwarder;
