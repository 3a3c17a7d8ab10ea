import type { Finding } from './finding.ts';

const OLDEST: readonly [number, number] = [20, 19];

/** Node.js and its OpenSSL. */
export function runTimeFindings(versions: NodeJS.ProcessVersions = process.versions): Finding[] {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const isSupported = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return [
    {
      area: 'run time',
      name: 'node',
      status: isSupported ? 'ok' : 'failed',
      value: versions.node,
      ...(isSupported ? {} : { advice: `install Node.js ${OLDEST.join('.')} or newer` }),
    },
    { area: 'run time', name: 'openssl', status: 'ok', value: versions.openssl },
  ];
}
