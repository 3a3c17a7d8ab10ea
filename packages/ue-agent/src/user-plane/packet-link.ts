import type { TransportMode as TunnelMode } from '@mpquic/http3';
import { type FlowRoutes, flowOf, type Http3Session } from '@mpquic/masque';
import { openIpLink } from './ip-link.ts';

/** Packets between the kernel and the data network. */
export interface PacketLink {
  /** 4 octets: the UE's address in the data network. */
  readonly address: Uint8Array;
  /** Octets of the largest packet that fits now. */
  readonly mtu: number;
  /** Forwards a packet, which is changed; the result is an ICMP error for its source. */
  forward(packet: Uint8Array): Uint8Array | undefined;
  close(): void;
}

export interface PacketReceiver {
  /** A packet, as a view that stays unchanged. */
  receive(packet: Uint8Array): void;
  /** The link is over, or never came to be. */
  ended(reason: string): void;
}

export interface PacketLinkOptions {
  readonly http: Http3Session;
  readonly mode: TunnelMode;
  /** How each flow goes; of no use in stream mode. */
  readonly routes: FlowRoutes;
  readonly receiver: PacketReceiver;
}

/** A CONNECT-IP tunnel for packets of any protocol. @throws {UeFailure} `mpquic` where the UPF refuses it */
export async function openPacketLink(options: PacketLinkOptions): Promise<PacketLink> {
  const { http, mode, routes, receiver } = options;
  const tunnel = await openIpLink({
    http,
    mode,
    receive: (packet) => receiver.receive(packet),
    ended: (reason) => receiver.ended(reason),
  });
  const [own] = tunnel.addresses;
  return {
    address: own?.address ?? new Uint8Array(4),
    mtu: tunnel.mtu,
    forward: (packet) => {
      const route = mode === 'stream' ? undefined : routes.find(flowOf(packet));
      return tunnel.forward(packet, http.now(), route);
    },
    close: () => tunnel.close(),
  };
}
