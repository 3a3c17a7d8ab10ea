import {
  type NativeStatus,
  nativeStatus,
  probeNativeSockets,
  type SocketProbe,
} from '@mpquic/native';
import { commandVersion } from './command-version.ts';
import { type Finding, optional } from './finding.ts';

const IPV4_LOOPBACK = '127.0.0.1';

/** Which sockets and which cryptography are in use, and why; what the kernel does for them. */
export async function speedFindings(): Promise<Finding[]> {
  const probe = await probeNativeSockets(IPV4_LOOPBACK);
  return [
    addonFinding(nativeStatus),
    switchFinding(process.env['MPQUIC_NATIVE']),
    {
      area: 'speed',
      name: 'sockets',
      status: 'ok',
      value: probe === undefined ? 'node:dgram, a system call per datagram' : 'native, batched',
    },
    {
      area: 'speed',
      name: 'cryptography',
      status: 'ok',
      value: cryptographyOf(nativeStatus),
    },
    ...offloadFindings(probe),
    optional('speed', 'compiler', await commandVersion(process.env['CXX'] ?? 'c++', '--version'), {
      value: 'no C++ compiler',
      advice: 'apt-get install g++ make python3, then npm run build',
    }),
  ];
}

function cryptographyOf({ available, gcm, x25519 }: NativeStatus): string {
  if (!available) return 'node:crypto';
  const own = [
    ...(gcm === 'addon' ? ['AES-GCM with VAES (MPQUIC_NATIVE_GCM=openssl turns it off)'] : []),
    ...(x25519 === 'addon' ? ['X25519 with IFMA (MPQUIC_NATIVE_X25519=openssl)'] : []),
  ];
  const rest = own.length > 0 ? `; of the addon's own: ${own.join(', ')}` : '';
  return `native, OpenSSL contexts used again${rest}`;
}

export function addonFinding({
  available,
  reason,
}: Pick<NativeStatus, 'available' | 'reason'>): Finding {
  return {
    area: 'speed',
    name: 'native addon',
    status: available ? 'ok' : 'absent',
    value: reason,
    ...(available ? {} : { advice: 'everything works without it, slower' }),
  };
}

function switchFinding(setting: string | undefined): Finding {
  const value = setting === undefined ? 'not set' : `"${setting}"`;
  return {
    area: 'speed',
    name: 'MPQUIC_NATIVE',
    status: 'ok',
    value: `${value}: ${setting === '0' ? 'the addon is turned off' : 'the addon is used where it was built'}`,
  };
}

/** What a run of datagrams over the loopback interface showed. */
export function offloadFindings(probe: SocketProbe | undefined): Finding[] {
  const rows: readonly [string, keyof SocketProbe, string][] = [
    ['GSO', 'segmentation', 'a run of datagrams leaves by one system call'],
    ['GRO', 'coalescing', 'a run of datagrams arrives by one system call'],
    ['ECN', 'ecn', 'set and read'],
    ['local address', 'localAddress', 'told for each datagram'],
  ];
  return rows.map(([name, feature, works]) =>
    optional('speed', name, probe?.[feature] === true ? works : undefined, {
      value: probe === undefined ? 'not with node:dgram' : 'this kernel does not',
      advice: probe === undefined ? 'see native addon' : 'a newer Linux kernel, 5.0 at least',
    }),
  );
}
