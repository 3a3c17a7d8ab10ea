import {
  address,
  type CommonSettings,
  choice,
  commonSettings,
  decimal,
  flag,
  hexBytes,
  integer,
  listOf,
  type SettingsTable,
  structureOf,
  type TraceSettings,
  text,
  traceSettings,
} from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { type ProvisionedPsk, provisionedPskSettings } from './psk/provisioned-psks.ts';

/** What the UPF does with a ClientHello whose KID it does not know. */
export type UnknownKidPolicy = 'reject' | 'hold';

export interface UpfSettings extends CommonSettings, TraceSettings {
  /** FQDN; PFCP Node ID and the UPF identity that keys are bound to. */
  readonly nodeId: string;
  readonly n4: Address;
  /** Where the proxy listens for the 3GPP access, and what the UE is told of it. */
  readonly access3gpp: Address;
  readonly accessNon3gpp: Address;
  /** Threads that serve connections; one is the main thread alone. */
  readonly workers: number;
  /** First address of the pool of MA PDU session addresses. */
  readonly uePool: string;
  /** First link-specific multipath addresses (IP@4, IP@5 of TS 23.501 §5.32.6.2.2). */
  readonly linkPool3gpp: string;
  readonly linkPoolNon3gpp: string;
  readonly poolSize: number;
  readonly unknownKid: UnknownKidPolicy;
  readonly holdMs: number;
  /** Interval of heartbeats to SMFs. */
  readonly heartbeatMs: number;
  readonly pfcpT1Ms: number;
  readonly pfcpN1: number;
  /** Whether a session that is to use MPQUIC and has no PSK asks the SMF for one (Solution #6). */
  readonly requestPsk: boolean;
  readonly provisionedPsks: readonly ProvisionedPsk[];
  /** Seconds for which a superseded PSK still works. */
  readonly overlap: number;
  readonly retry: boolean;
  readonly statelessResetKey: Uint8Array | undefined;
  /** How long connections outlive the SMF that their session belonged to. */
  readonly keepTrafficSeconds: number;
  readonly maxPathId: number;
  readonly idleMs: number;
  /** Exceptions from what user traffic must not reach. */
  readonly allowTargets: readonly string[];
  readonly denyTargets: readonly string[];
  /** Whether UE addresses are addresses of this host. */
  readonly routedUeAddresses: boolean;
  /** Whether CONNECT-IP goes through a TUN device, so that the kernel routes all protocols. */
  readonly tun: boolean;
  readonly tunName: string;
  readonly capture: string | undefined;
}

export const upfSettings: SettingsTable<UpfSettings> = {
  ...commonSettings,
  nodeId: {
    kind: text('an FQDN', /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/i),
    default: 'upf-1.mpquic.example',
    description: 'FQDN of this UPF, its PFCP node ID',
  },
  n4: {
    kind: address(),
    default: { host: '127.0.0.7', port: 8805 },
    description: 'PFCP address',
  },
  access3gpp: {
    kind: address(),
    default: { host: '127.0.0.7', port: 4433 },
    description: 'proxy address for the 3GPP access',
  },
  accessNon3gpp: {
    kind: address(),
    default: { host: '127.0.0.8', port: 4433 },
    description: 'proxy address for the non-3GPP access',
  },
  workers: {
    kind: integer(1, 64),
    default: 1,
    description:
      'threads that serve connections, each its own; more than one needs the native addon',
  },
  uePool: {
    kind: text('an IPv4 address'),
    default: '10.60.0.1',
    description: 'first address for MA PDU sessions',
  },
  linkPool3gpp: {
    kind: text('an IP address'),
    default: '10.61.0.1',
    description: 'first link-specific address of the 3GPP access',
  },
  linkPoolNon3gpp: {
    kind: text('an IP address'),
    default: '10.62.0.1',
    description: 'first link-specific address of the non-3GPP access',
  },
  poolSize: { kind: integer(1, 65_000), default: 16_000, description: 'addresses in each pool' },
  unknownKid: {
    kind: choice('reject', 'hold'),
    default: 'reject',
    description: 'refuse an unknown KID at once, or wait for its PSK to be installed',
  },
  holdMs: {
    kind: integer(1, 10_000),
    default: 1_000,
    description: 'how long a handshake with an unknown KID is held, in milliseconds',
  },
  heartbeatMs: {
    kind: integer(50, 3_600_000),
    default: 10_000,
    description: 'interval of PFCP heartbeats, in milliseconds',
  },
  pfcpT1Ms: {
    kind: integer(10, 60_000),
    default: 1_000,
    description: 'PFCP retransmission timer T1, in milliseconds',
  },
  pfcpN1: { kind: integer(1, 10), default: 3, description: 'PFCP transmissions at most, N1' },
  requestPsk: {
    kind: flag(),
    default: false,
    description: 'ask the SMF for the PSK of a session that came without one (solution 6)',
  },
  provisionedPsks: {
    kind: listOf(structureOf(provisionedPskSettings)),
    default: [],
    description: 'PSKs of solution Y: [{variant, kid, key, mode}]',
    secret: true,
  },
  overlap: {
    kind: decimal(0, 3_600),
    default: 10,
    description: 'seconds for which a superseded PSK still works',
  },
  retry: { kind: flag(), default: false, description: 'answer every new client with Retry' },
  statelessResetKey: {
    kind: hexBytes(32),
    optional: true,
    secret: true,
    description: 'the same in every life of this UPF: UEs then learn at once that it restarted',
  },
  keepTrafficSeconds: {
    kind: integer(0, 86_400),
    default: 600,
    description:
      'how long connections go on when their SMF is gone; its PSKs are deleted at once, so that no new one is made',
  },
  idleMs: {
    kind: integer(200, 3_600_000),
    default: 120_000,
    description: 'how long a connection outlives silence, in milliseconds; the UE may ask for less',
  },
  maxPathId: { kind: integer(1, 64), default: 3, description: 'highest QUIC path ID' },
  allowTargets: {
    kind: listOf(text('an IP prefix, or address:port')),
    default: [],
    description: 'targets of user traffic that are allowed though they are loopback or denied',
  },
  denyTargets: {
    kind: listOf(text('an IP prefix, or address:port')),
    default: [],
    description: 'targets that user traffic must not reach, such as the control plane',
  },
  routedUeAddresses: {
    kind: flag(),
    default: false,
    description: 'send user traffic from the UE addresses, which are of this host, instead of NAT',
  },
  tun: {
    kind: flag(),
    default: false,
    description:
      'carry CONNECT-IP through a TUN device (Linux, CAP_NET_ADMIN): TCP and ICMP pass too',
  },
  tunName: {
    kind: text('1 to 15 characters', /^[a-z0-9%._-]{1,15}$/i),
    default: 'mpqn6-%d',
    description: 'name of the TUN device; %d stands for a free number',
  },
  ...traceSettings,
  capture: {
    kind: text('a file path'),
    optional: true,
    description: 'pcapng file of N4 and of the QUIC datagrams',
  },
};
