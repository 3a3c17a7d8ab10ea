import { NAS_COUNT_LIMIT, NAS_COUNT_RESERVE } from '@mpquic/nas';
import {
  address,
  type CommonSettings,
  choice,
  commonSettings,
  flag,
  integer,
  listOf,
  type SettingsTable,
  structureOf,
  text,
} from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { NF_NAMES, type NfName } from './sbi/network.ts';
import { STEERING_MODES, type SteeringModeName } from './smf/atsss.ts';
import {
  MAXIMUM_TRAFFIC_RULES,
  type TrafficRule,
  trafficRuleSettings,
} from './smf/traffic-rule.ts';
import {
  type HomeNetworkKeySettings,
  homeNetworkKeySettings,
  type SubscriberSettings,
  subscriberSettings,
} from './udm/subscribers.ts';

/** A UPF that the SMF may select. */
export interface UpfSettings {
  /** FQDN: its PFCP Node ID, and its identity in solution #1 and in imported PSKs. */
  readonly id: string;
  readonly n4: Address;
}

const upfSettings: SettingsTable<UpfSettings> = {
  id: {
    kind: text(
      'a domain name, for example upf-1.example',
      /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i,
    ),
    description: 'FQDN of the UPF',
  },
  n4: { kind: address(), description: 'where its PFCP listens' },
};

/** All settings of the core. */
export interface CoreConfiguration extends CommonSettings {
  readonly capture: string | undefined;
  readonly nf: readonly NfName[];
  readonly mcc: string;
  readonly mnc: string;
  readonly n1ThreeGpp: Address;
  readonly n1NonThreeGpp: Address;
  readonly udmSbi: Address;
  readonly ausfSbi: Address;
  readonly amfSbi: Address;
  readonly smfSbi: Address;
  readonly sbiTransport: 'http2' | 'local';
  readonly n4: Address;
  readonly upfs: readonly UpfSettings[];
  readonly subscribers: readonly SubscriberSettings[];
  readonly sqnFile: string | undefined;
  readonly homeNetworkKeys: readonly HomeNetworkKeySettings[];
  readonly integrity: readonly ('nia2' | 'nia0')[];
  readonly ciphering: readonly ('nea2' | 'nea0')[];
  readonly solution: '1' | '2' | '3' | '4' | '5' | '6' | 'Y';
  readonly variant: string | undefined;
  readonly delivery: string | undefined;
  readonly serverAuthentication: 'psk' | 'certificate';
  readonly pskMode: 'raw' | 'imported';
  readonly pskLifetimeSeconds: number;
  readonly rekey: 'make-before-break' | 'graceful-gap';
  readonly relocationOverlapMs: number;
  readonly onKAmfChange: 'keep' | 'rekey' | 'delete';
  readonly horizontalKAmf: boolean;
  readonly renewKAmfAtCount: number;
  readonly countSource: 'stored' | 'current';
  readonly smfInstanceId: string;
  readonly steeringMode: SteeringModeName;
  /** Traffic that is treated apart from all other. */
  readonly trafficRules: readonly TrafficRule[];
  /** Whether a stop ends registrations and sessions. */
  readonly releaseOnStop: boolean;
  readonly maxUes: number;
  readonly maxSessions: number;
  readonly guardMs: number;
  readonly implicitDeregistrationMs: number;
  readonly n1LatencyMs: number;
  readonly n4LatencyMs: number;
  readonly sbiLatencyMs: number;
  readonly pfcpT1Ms: number;
  readonly pfcpN1: number;
  readonly heartbeatMs: number;
}

const sbiAddress = (nf: NfName, port: number) => ({
  kind: address(),
  default: { host: '127.0.0.1', port },
  description: `where the service-based interface of the ${nf.toUpperCase()} listens`,
});

const latency = (name: string) => ({
  kind: integer(0, 5_000),
  default: 0,
  description: `what a message over ${name} takes each way, in milliseconds`,
});

/** The settings of the core; names are those in YAML. */
export const coreSettings: SettingsTable<CoreConfiguration> = {
  ...commonSettings,
  capture: {
    kind: text('a file path'),
    optional: true,
    description: 'pcapng file of N1, N4 and the service-based interface; it holds keys',
  },
  nf: {
    kind: listOf(choice(...NF_NAMES)),
    default: NF_NAMES,
    description: 'network functions in this process: udm, ausf, amf, smf',
  },
  mcc: { kind: text('3 digits', /^\d{3}$/), default: '001', description: 'mobile country code' },
  mnc: {
    kind: text('2 or 3 digits', /^\d{2,3}$/),
    default: '01',
    description: 'mobile network code',
  },
  n1ThreeGpp: {
    kind: address(),
    default: { host: '127.0.0.1', port: 24501 },
    description: 'where N1 over the 3GPP access stand-in listens',
  },
  n1NonThreeGpp: {
    kind: address(),
    default: { host: '127.0.0.1', port: 24502 },
    description: 'where N1 over the non-3GPP access stand-in listens',
  },
  udmSbi: sbiAddress('udm', 29503),
  ausfSbi: sbiAddress('ausf', 29509),
  amfSbi: sbiAddress('amf', 29518),
  smfSbi: sbiAddress('smf', 29502),
  sbiTransport: {
    kind: choice('http2', 'local'),
    default: 'http2',
    description:
      'how network functions of one process call each other; local opens no socket where all are in one',
  },
  n4: {
    kind: address(),
    default: { host: '127.0.0.1', port: 8805 },
    description: 'local address of PFCP',
  },
  upfs: {
    kind: listOf(structureOf(upfSettings)),
    default: [
      {
        id: 'upf-1.mpquic.example',
        n4: { host: '127.0.0.7', port: 8805 },
      },
    ],
    description: 'UPFs to select from: [{id: NAME, n4: HOST:PORT}]',
  },
  subscribers: {
    kind: listOf(structureOf(subscriberSettings)),
    default: [],
    description: 'subscribers: [{supi, k, opc, sqn, amf, algorithm, dnns, maPduAllowed}]',
    secret: true,
  },
  sqnFile: {
    kind: text('a file path'),
    optional: true,
    description: 'file that keeps the sequence numbers of the subscribers over a restart',
  },
  homeNetworkKeys: {
    kind: listOf(structureOf(homeNetworkKeySettings)),
    default: [],
    description: 'keys that open SUCIs: [{id, profile, privateKey}]',
    secret: true,
  },
  integrity: {
    kind: listOf(choice('nia2', 'nia0')),
    default: ['nia2'],
    description: 'NAS integrity algorithms, preferred first',
  },
  ciphering: {
    kind: listOf(choice('nea2', 'nea0')),
    default: ['nea2', 'nea0'],
    description: 'NAS ciphering algorithms, preferred first',
  },
  solution: {
    kind: choice('1', '2', '3', '4', '5', '6', 'Y'),
    default: '4',
    description: 'solution of the study that makes and delivers the PSK',
  },
  variant: {
    kind: text('the name of a variant'),
    optional: true,
    description: 'variant of the solution; the first one when absent',
  },
  delivery: {
    kind: text('the name of a delivery'),
    optional: true,
    description: 'how the key reaches the UPF, where the solution has several ways',
  },
  serverAuthentication: {
    kind: choice('psk', 'certificate'),
    default: 'psk',
    description:
      'how a UE knows its UPF: by a PSK, or by a certificate as TS 33.501 Annex AA.2 has it; then no solution is run',
  },
  pskMode: {
    kind: choice('raw', 'imported'),
    default: 'raw',
    description: 'raw PSK, or imported by RFC 9258',
  },
  pskLifetimeSeconds: {
    kind: integer(0, 0xffff_ffff),
    default: 0,
    description: 'after how long the UPF forgets a PSK; 0 for never',
  },
  rekey: {
    kind: choice('make-before-break', 'graceful-gap'),
    default: 'make-before-break',
    description: 'whether the old PSK stays until the new one is used',
  },
  relocationOverlapMs: {
    kind: integer(0, 60_000),
    default: 0,
    description:
      'how long the UPF that a session moved away from keeps it, so that the UE can move before, in milliseconds',
  },
  onKAmfChange: {
    kind: choice('keep', 'rekey', 'delete'),
    default: 'keep',
    description: 'what becomes of PSKs when K_AMF changes',
  },
  horizontalKAmf: {
    kind: flag(),
    default: false,
    description: "whether a mobility registration update takes K_AMF' into use",
  },
  renewKAmfAtCount: {
    kind: integer(16, NAS_COUNT_LIMIT - NAS_COUNT_RESERVE),
    default: NAS_COUNT_LIMIT - NAS_COUNT_RESERVE,
    description: 'NAS COUNT at which the AMF authenticates a UE again for a new K_AMF',
  },
  countSource: {
    kind: choice('stored', 'current'),
    default: 'stored',
    description: 'uplink NAS COUNT that enters a key: that of the request, or the newest one',
  },
  smfInstanceId: {
    kind: text('a UUID', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    default: '5f1c0a30-0000-4000-8000-0000000005af',
    description: 'NF instance identifier of the SMF',
  },
  steeringMode: {
    kind: choice(...STEERING_MODES),
    default: 'smallest-delay',
    description: 'steering mode of the ATSSS rule',
  },
  trafficRules: {
    kind: listOf(structureOf(trafficRuleSettings), MAXIMUM_TRAFFIC_RULES),
    default: [],
    description:
      'traffic treated apart: [{protocol, address, port, fqdn, functionality, steering, transport, qfi}]',
  },
  releaseOnStop: {
    kind: flag(),
    default: true,
    description: 'a stop ends all sessions; without it traffic goes on, as when the core dies',
  },
  maxUes: { kind: integer(1, 1_000_000), default: 20_000, description: 'registered UEs at most' },
  maxSessions: { kind: integer(1, 1_000_000), default: 20_000, description: 'sessions at most' },
  guardMs: {
    kind: integer(10, 60_000),
    default: 6_000,
    description: 'how long a UE may take to answer, in milliseconds',
  },
  implicitDeregistrationMs: {
    kind: integer(0, 2_000_000_000),
    default: 3_600_000,
    description: 'how long a UE may stay idle before it is forgotten, in milliseconds; 0 for ever',
  },
  n1LatencyMs: latency('N1'),
  n4LatencyMs: latency('N4'),
  sbiLatencyMs: latency('the service-based interface'),
  pfcpT1Ms: {
    kind: integer(10, 60_000),
    default: 1_000,
    description: 'PFCP retransmission timer T1, in milliseconds',
  },
  pfcpN1: { kind: integer(1, 10), default: 3, description: 'PFCP transmissions at most, N1' },
  heartbeatMs: {
    kind: integer(50, 3_600_000),
    default: 10_000,
    description: 'interval of PFCP heartbeats, in milliseconds',
  },
};
