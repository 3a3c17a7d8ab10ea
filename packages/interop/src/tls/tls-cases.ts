import type { GroupName } from '@mpquic/crypto';
import type { ExternalPsk } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';
import type { InteropCase } from '../matrix.ts';
import type { TlsCase } from './tls-case.ts';
import { clientCase, resumeAsClient } from './tls-client-run.ts';
import type { TlsPeer } from './tls-peer.ts';
import { resumeAsServer, serverCase } from './tls-server-run.ts';

const GROUPS: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1'];
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

function externalPsk(changes: Partial<ExternalPsk> = {}): ExternalPsk {
  return { identity: utf8('ue-1'), key: KEY.slice(), hash: 'sha256', mode: 'raw', ...changes };
}

const psk = externalPsk();
const sha384 = {
  psk: externalPsk({ hash: 'sha384', key: Uint8Array.from({ length: 48 }, (_, i) => i + 1) }),
  suite: 'TLS_AES_256_GCM_SHA384',
} as const;

/** All but resumption, which takes two connections. */
const CASES: readonly TlsCase[] = [
  ...GROUPS.map((group) => ({
    name: `psk-${group}`,
    psk,
    ourGroups: [group],
    peerGroups: [group],
  })),
  { name: 'psk-chacha20', psk, suite: 'TLS_CHACHA20_POLY1305_SHA256' },
  { name: 'psk-sha384', ...sha384 },
  { name: 'psk-long-identity', psk: externalPsk({ identity: utf8('u'.repeat(120)) }) },
  { name: 'psk-binary-identity', psk: externalPsk({ identity: Uint8Array.of(0, 255, 10, 0, 1) }) },
  {
    name: 'psk-wrong-key',
    psk,
    peerPsk: externalPsk({ key: KEY.map((octet) => octet ^ 0xff) }),
    refused: true,
  },
  {
    name: 'psk-unknown-identity',
    psk,
    peerPsk: externalPsk({ identity: utf8('ue-2') }),
    refused: true,
  },
  { name: 'certificate' },
  { name: 'certificate-sha384', suite: 'TLS_AES_256_GCM_SHA384' },
];

/** The clients' first group is one that the server refuses. */
const OF_CLIENT = { ourGroups: GROUPS, peerGroups: ['secp384r1'] } as const;
const OF_SERVER = { ourGroups: ['secp384r1'], peerGroups: GROUPS } as const;

/** The cases of a TLS peer, in both roles. */
export function tlsCases(peer: TlsPeer): InteropCase[] {
  const retried = [
    { name: 'psk-hello-retry-request', psk, hellos: 2 },
    { name: 'psk-sha384-hello-retry-request', ...sha384, hellos: 2 },
  ] as const;
  const ofClient = retried.map((one) => ({ ...one, ...OF_CLIENT }));
  const ofServer = retried.map((one) => ({ ...one, ...OF_SERVER }));
  return [
    ...[...CASES, ...ofClient].map((one) => clientCase(peer, one)),
    resumeAsClient(peer),
    ...[...CASES, ...ofServer].map((one) => serverCase(peer, one)),
    resumeAsServer(peer),
  ];
}
