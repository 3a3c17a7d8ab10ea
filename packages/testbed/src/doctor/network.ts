import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type Finding, optional } from './finding.ts';

/** What a socket asks the kernel for, octets. */
const BUFFER_SIZE = 4 << 20;

/** Addresses that UDP sockets can be bound to, and how large their buffers may be. */
export async function networkFindings(): Promise<Finding[]> {
  const loopback = await bindError('127.0.0.1');
  const second = await bindError('127.0.0.2');
  const ipv6 = await bindError('::1');
  return [
    {
      area: 'network',
      name: 'UDP on 127.0.0.1',
      status: loopback === undefined ? 'ok' : 'failed',
      value: loopback ?? 'can be bound',
      ...(loopback === undefined ? {} : { advice: 'nothing here works without UDP' }),
    },
    addressFinding('second loopback address', second, 'ip addr add 127.0.0.2/8 dev lo, as root'),
    addressFinding('IPv6', ipv6, 'only benches and tests of IPv6 need it'),
    bufferFinding('receive buffer', 'rmem_max'),
    bufferFinding('send buffer', 'wmem_max'),
  ];
}

function addressFinding(name: string, error: string | undefined, advice: string): Finding {
  const value = error === undefined ? 'can be bound' : undefined;
  return optional('network', name, value, { value: error ?? '', advice });
}

/** The system's error code; undefined where `host` can be bound. */
function bindError(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind(0, host, () => socket.close(() => resolve(undefined)));
  });
}

function bufferFinding(name: string, setting: string): Finding {
  const limit = kernelLimit(setting);
  const enough = limit !== undefined && limit >= BUFFER_SIZE;
  return optional('network', name, enough ? `${limit} octets allowed` : undefined, {
    value:
      limit === undefined ? 'the limit of this system is not known' : `${limit} octets allowed`,
    advice: `sysctl -w net.core.${setting}=${BUFFER_SIZE}, as root: fewer datagrams are lost`,
  });
}

function kernelLimit(setting: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/net/core/${setting}`, 'utf8'));
  } catch {
    return undefined;
  }
}
