import type { ConnectOptions, ListenOptions } from '@mpquic/endpoint';
import type { ExternalPsk } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';

/** How a client spreads its requests over connections. */
export type Connections = 'one' | 'one per request' | 'first alone, then resumed' | 'none expected';

/** What a client does besides downloading. */
export type Action =
  | 'update keys'
  | 'open paths'
  | 'abandon a path'
  | 'keep a path for backup'
  | 'open a path late'
  | 'echo by CONNECT-UDP';

/** How one end behaves in a test case. */
export interface EndpointPlan {
  readonly protocol: 'hq-interop' | 'h3';
  readonly options: Partial<ConnectOptions> & Partial<ListenOptions>;
  /** Of a client. */
  readonly connections: Connections;
  readonly actions: readonly Action[];
  /** Authenticates both ends where given; else the certificate does. */
  readonly psk: ExternalPsk | undefined;
  /** A server asks its clients to move to its preferred address. RFC 9000 §9.6 */
  readonly movesClients: boolean;
  /** A server asks each client for its address. */
  readonly retry: boolean;
}

const KEY = Uint8Array.from({ length: 48 }, (_, i) => i);
const psk = (changes: Partial<ExternalPsk> = {}): ExternalPsk => ({
  identity: utf8('interop'),
  key: KEY.slice(0, 32),
  hash: 'sha256',
  mode: 'raw',
  ...changes,
});

const plain: EndpointPlan = {
  protocol: 'hq-interop',
  options: { multipath: false },
  connections: 'one',
  actions: [],
  psk: undefined,
  movesClients: false,
  retry: false,
};
const plan = (changes: Partial<EndpointPlan> = {}): EndpointPlan => ({ ...plain, ...changes });
const pskPlan = (changes: Partial<EndpointPlan> = {}): EndpointPlan =>
  plan({ psk: psk(), ...changes });
const multipath = (...actions: readonly Action[]): EndpointPlan =>
  pskPlan({ options: { transportParams: { maxIdleTimeout: 15 } }, actions });

/** The value of TESTCASE to what each end does; an end without a plan ends with 127. */
const PLANS: Readonly<Record<string, Partial<Record<'client' | 'server', EndpointPlan>>>> = {
  // The runner's own. conformance.md: quic-interop-runner
  handshake: both(plan()),
  transfer: both(plan()),
  chacha20: both(plan({ options: { ...plain.options, ciphers: 'TLS_CHACHA20_POLY1305_SHA256' } })),
  keyupdate: both(plan({ actions: ['update keys'] })),
  retry: both(plan({ retry: true })),
  resumption: both(plan({ connections: 'first alone, then resumed' })),
  http3: both(plan({ protocol: 'h3' })),
  multiconnect: both(plan({ connections: 'one per request', options: patient() })),
  ecn: both(plan()),
  zerortt: both(
    plan({
      connections: 'first alone, then resumed',
      options: { ...plain.options, earlyData: true },
    }),
  ),
  // The client begins with version 1 and offers both; the server prefers 2. RFC 9368 §2.3
  v2: {
    client: plan({ options: { ...plain.options, versions: ['v1', 'v2'] } }),
    server: plan({ options: { ...plain.options, versions: ['v2', 'v1'] } }),
  },
  connectionmigration: both(plan({ movesClients: true })),
  // Of external PSKs.
  psk: both(pskPlan()),
  'psk-imported': both(
    pskPlan({ psk: psk({ mode: 'imported', context: utf8('interop context') }) }),
  ),
  'psk-sha384': both(
    pskPlan({
      psk: psk({ key: KEY, hash: 'sha384' }),
      options: { ...plain.options, ciphers: 'TLS_AES_256_GCM_SHA384' },
    }),
  ),
  'psk-unknown': {
    client: pskPlan({ psk: psk({ identity: utf8('nobody') }), connections: 'none expected' }),
    server: pskPlan(),
  },
  'psk-hrr': {
    client: pskPlan({ options: { ...plain.options, groups: 'x25519:secp384r1' } }),
    server: pskPlan({ options: { ...plain.options, groups: 'secp384r1' } }),
  },
  // Of multipath.
  'mp-handshake': both(multipath('open paths')),
  'mp-transfer': both(multipath('open paths')),
  'mp-abandon': both(multipath('open paths', 'abandon a path')),
  'mp-backup': both(multipath('open paths', 'keep a path for backup')),
  'mp-pathdown': both(multipath('open paths')),
  'mp-hotplug': both(multipath('open a path late')),
  // Of MASQUE.
  'masque-udp': both(pskPlan({ protocol: 'h3', actions: ['echo by CONNECT-UDP'] })),
};

function both(one: EndpointPlan): Record<'client' | 'server', EndpointPlan> {
  return { client: one, server: one };
}

/** For links that lose a third of all packets. */
function patient(): EndpointPlan['options'] {
  return { ...plain.options, handshakeTimeout: 60_000 };
}

/** What this end does; undefined where the test case is not supported. */
export function planOf(testCase: string, role: 'client' | 'server'): EndpointPlan | undefined {
  return Object.hasOwn(PLANS, testCase) ? PLANS[testCase]?.[role] : undefined;
}
