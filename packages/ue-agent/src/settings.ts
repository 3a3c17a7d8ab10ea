import {
  address,
  type CommonSettings,
  choice,
  commonSettings,
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
import { type Application, applicationKind } from './applications/application.ts';
import type { ProvisionedPsk } from './session/session-psk.ts';
import { FORWARD } from './user-plane/udp-forward.ts';

/** What a UE does by itself after its start; `none` is a UE that another program drives. */
export const STORIES = ['full', 'handshake', 'traffic', 'none'] as const;
export type StoryName = (typeof STORIES)[number];

/** All settings of the UE agent; names are those in YAML. */
export interface UeSettings extends CommonSettings, TraceSettings {
  readonly supi: string;
  readonly mcc: string;
  readonly mnc: string;
  readonly algorithm: 'milenage' | 'tuak';
  readonly k: Uint8Array;
  readonly opc: Uint8Array;
  readonly sqn: Uint8Array;
  readonly suci: 'null' | 'profile-a' | 'profile-b';
  readonly routingIndicator: string;
  readonly homeNetworkKeyId: number;
  readonly homeNetworkPublicKey: Uint8Array | undefined;
  readonly integrity: readonly ('nia2' | 'nia0')[];
  readonly ciphering: readonly ('nea2' | 'nea0')[];
  readonly n1ThreeGpp: Address;
  readonly n1NonThreeGpp: Address;
  readonly local3gpp: string | undefined;
  readonly localNon3gpp: string | undefined;
  readonly via3gpp: Address | undefined;
  readonly viaNon3gpp: Address | undefined;
  readonly dnn: string;
  readonly sst: number;
  readonly sd: string | undefined;
  readonly pduSessionId: number;
  readonly sessionAccess: '3gpp' | 'non-3gpp';
  readonly solutions: readonly ('1' | '2' | '3' | '4' | '5' | '6' | 'Y')[];
  readonly mpquic: boolean;
  readonly countRule: 'stored' | 'current';
  readonly provisionedPsks: readonly ProvisionedPsk[];
  readonly story: StoryName;
  readonly forward: readonly string[];
  /** How connections follow a new PSK or another UPF. */
  readonly rekey: 'make-before-break' | 'graceful-gap';
  readonly socks: Address | undefined;
  readonly tun: boolean;
  readonly tunName: string;
  /** IPv4 prefixes that the kernel sends into the TUN device. */
  readonly tunRoutes: readonly string[];
  readonly paths: number;
  readonly transferBytes: number;
  readonly cutAccess: '3gpp' | 'non-3gpp' | 'none';
  readonly startDelayMs: number;
  readonly applications: readonly Application[];
  readonly stageMs: number;
  readonly cutMs: number;
  readonly control3gpp: string | undefined;
  readonly controlNon3gpp: string | undefined;
  readonly cipher: string | undefined;
  readonly group: string | undefined;
  readonly guardMs: number;
  /** How long a connection outlives silence; the UPF has a limit of its own. */
  readonly idleMs: number;
  readonly capture: string | undefined;
  readonly report: string | undefined;
}

const provisionedPsk: SettingsTable<ProvisionedPsk> = {
  variant: {
    kind: choice('per-ue-per-upf', 'per-ue', 'group'),
    default: 'per-ue',
    description: 'who shares it',
  },
  kid: { kind: hexBytes(1, 255), description: 'its identifier' },
  key: { kind: hexBytes(32), description: 'the PSK', secret: true },
  upfId: { kind: text('an FQDN'), optional: true, description: 'the UPF that it is for' },
};

const identity = {
  supi: { kind: text('an IMSI of 5 to 15 digits', /^\d{5,15}$/), description: 'IMSI of the USIM' },
  mcc: { kind: text('3 digits', /^\d{3}$/), default: '001', description: 'mobile country code' },
  mnc: {
    kind: text('2 or 3 digits', /^\d{2,3}$/),
    default: '01',
    description: 'mobile network code',
  },
  algorithm: {
    kind: choice('milenage', 'tuak'),
    default: 'milenage',
    description: 'authentication algorithm set',
  },
  k: { kind: hexBytes(16, 32), description: 'long-term key', secret: true },
  opc: { kind: hexBytes(16, 32), description: 'OPc, or TOPc for TUAK', secret: true },
  sqn: {
    kind: hexBytes(6),
    default: new Uint8Array(6),
    description: 'highest sequence number that the USIM has seen',
  },
  suci: {
    kind: choice('null', 'profile-a', 'profile-b'),
    default: 'null',
    description: 'how the SUPI is concealed',
  },
  routingIndicator: {
    kind: text('1 to 4 digits', /^\d{1,4}$/),
    default: '0',
    description: 'routing indicator of the SUCI',
  },
  homeNetworkKeyId: {
    kind: integer(0, 255),
    default: 0,
    description: 'home network public key identifier',
  },
  homeNetworkPublicKey: {
    kind: hexBytes(32, 65),
    optional: true,
    description: 'public key of the home network, for profiles A and B',
  },
} satisfies Partial<SettingsTable<UeSettings>>;

const connections = {
  integrity: {
    kind: listOf(choice('nia2', 'nia0')),
    default: ['nia2'],
    description: 'NAS integrity algorithms that the UE takes',
  },
  ciphering: {
    kind: listOf(choice('nea2', 'nea0')),
    default: ['nea2', 'nea0'],
    description: 'NAS ciphering algorithms that the UE takes',
  },
  n1ThreeGpp: {
    kind: address(),
    default: { host: '127.0.0.1', port: 24501 },
    description: 'N1 of the core over 3GPP access',
  },
  n1NonThreeGpp: {
    kind: address(),
    default: { host: '127.0.0.1', port: 24502 },
    description: 'N1 of the core over non-3GPP access',
  },
  local3gpp: {
    kind: text('a host address'),
    optional: true,
    description: 'local address on 3GPP access; the link-specific address when absent',
  },
  localNon3gpp: {
    kind: text('a host address'),
    optional: true,
    description: 'local address on non-3GPP access; the link-specific address when absent',
  },
  via3gpp: {
    kind: address(),
    optional: true,
    description: 'stand-in of the 3GPP access that relays to the UPF',
  },
  viaNon3gpp: {
    kind: address(),
    optional: true,
    description: 'stand-in of the non-3GPP access that relays to the UPF',
  },
  control3gpp: {
    kind: text('a URL'),
    optional: true,
    description: 'control interface of the 3GPP stand-in, which cuts the access',
  },
  controlNon3gpp: {
    kind: text('a URL'),
    optional: true,
    description: 'control interface of the non-3GPP stand-in, which cuts the access',
  },
} satisfies Partial<SettingsTable<UeSettings>>;

const session = {
  dnn: { kind: text('a data network name'), default: 'internet', description: 'data network' },
  sst: { kind: integer(0, 255), default: 1, description: 'slice/service type' },
  sd: {
    kind: text('6 hexadecimal digits', /^[0-9a-f]{6}$/),
    optional: true,
    description: 'slice differentiator',
  },
  pduSessionId: { kind: integer(1, 15), default: 5, description: 'PDU session ID' },
  sessionAccess: {
    kind: choice('3gpp', 'non-3gpp'),
    default: '3gpp',
    description: 'access over which the MA PDU session is asked for',
  },
  solutions: {
    kind: listOf(choice('1', '2', '3', '4', '5', '6', 'Y')),
    default: ['1', '2', '3', '4', '5', '6', 'Y'],
    description: 'solutions of the study that the UE runs',
  },
  mpquic: {
    kind: flag(),
    default: true,
    description: 'tell the network that the UE supports MPQUIC',
  },
  countRule: {
    kind: choice('stored', 'current'),
    default: 'stored',
    description: 'NAS COUNT that enters derivations; current shows the reading that fails',
  },
  provisionedPsks: {
    kind: listOf(structureOf(provisionedPsk)),
    default: [],
    description: 'PSKs of solution Y: [{variant, kid, key, upfId}]',
    secret: true,
  },
} satisfies Partial<SettingsTable<UeSettings>>;

/** The settings of the UE agent. */
export const ueSettings: SettingsTable<UeSettings> = {
  ...commonSettings,
  ...identity,
  ...connections,
  ...session,
  story: {
    kind: choice(...STORIES),
    default: 'full',
    description:
      'full story; registration to handshake only; traffic: carry that of applications; none: register and stay',
  },
  forward: {
    kind: listOf(text('udp/5353=10.0.0.1:53', FORWARD)),
    default: [],
    description: 'local UDP ports whose datagrams go through the UPF (story traffic)',
  },
  rekey: {
    kind: choice('make-before-break', 'graceful-gap'),
    default: 'make-before-break',
    description:
      'whether a new connection is there before the old one ends, when the PSK or the UPF changes',
  },
  socks: {
    kind: address(),
    optional: true,
    description: 'where a SOCKS5 server with UDP ASSOCIATE listens (story traffic)',
  },
  tunName: {
    kind: text('1 to 15 characters', /^[a-z0-9%._-]{1,15}$/i),
    default: 'mpq%d',
    description: 'name of the TUN device; %d stands for a free number',
  },
  tunRoutes: {
    kind: listOf(text('an IPv4 prefix, for example 198.51.100.0/24')),
    default: [],
    description: 'prefixes that go into the TUN device',
  },
  tun: {
    kind: flag(),
    default: false,
    description: 'make a TUN device, or say why there is none (story traffic)',
  },
  paths: { kind: integer(1, 2), default: 2, description: 'network paths' },
  transferBytes: {
    kind: integer(0, 10_000_000_000),
    default: 20_000_000,
    description: 'octets of the transfer',
  },
  cutAccess: {
    kind: choice('3gpp', 'non-3gpp', 'none'),
    default: '3gpp',
    description: 'access that is cut in the middle of the transfer',
  },
  startDelayMs: {
    kind: integer(0, 60_000),
    default: 0,
    description: 'wait between Accept and handshake, in milliseconds',
  },
  applications: {
    kind: listOf(applicationKind),
    default: [],
    description:
      'applications whose UDP goes through the UPF in the full story: [{name, kind: echo|dns|file, target, rate, octets}]',
  },
  stageMs: {
    kind: integer(10, 600_000),
    default: 500,
    description: 'how long applications send before an access is cut and after its return',
  },
  cutMs: {
    kind: integer(10, 600_000),
    default: 600,
    description: 'how long the access is cut while applications send, in milliseconds',
  },
  cipher: {
    kind: text('TLS 1.3 cipher suites, separated by colons'),
    optional: true,
    description: 'cipher suites that the UE offers',
  },
  group: {
    kind: text('key exchange groups, separated by colons'),
    optional: true,
    description: 'groups that the UE offers',
  },
  idleMs: {
    kind: integer(200, 3_600_000),
    default: 30_000,
    description: 'how long an MPQUIC connection outlives silence of both accesses, in milliseconds',
  },
  guardMs: {
    kind: integer(10, 60_000),
    default: 6_000,
    description: 'how long the network may take to answer, in milliseconds',
  },
  ...traceSettings,
  capture: {
    kind: text('a file path'),
    optional: true,
    description: 'pcapng file of the QUIC datagrams',
  },
  report: {
    kind: text('a file path'),
    optional: true,
    description: 'file that gets the result of the story as JSON',
  },
};
