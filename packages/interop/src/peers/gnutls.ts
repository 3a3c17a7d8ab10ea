import { writeFile } from 'node:fs/promises';
import { fromUtf8, toHex } from '@mpquic/wire';
import type { CaseContext, Peer } from '../matrix.ts';
import { detectProgram, PeerProcess } from '../peer-process.ts';
import { tlsCases } from '../tls/tls-cases.ts';
import { keyLogFile, type TlsPeer, type TlsSettings } from '../tls/tls-peer.ts';

const CIPHERS = {
  TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
} as const;

const driver: TlsPeer = {
  echo: 'hello',
  reconnects: true,
  lacks({ psk }, peerRole) {
    if (psk?.hash === 'sha384') return 'GnuTLS 3.7 binds external PSKs to SHA-256 only';
    if (psk?.identity.includes(0) === true && peerRole === 'client') {
      return 'gnutls-cli takes identities as C strings';
    }
    return undefined;
  },
  async startServer(context, settings, port) {
    const { certificate, psk } = settings;
    const args = ['--echo', '-p', String(port), ...priority(settings)];
    if (psk !== undefined) {
      const file = `${context.folder}/psk.txt`;
      await writeFile(file, `#${toHex(psk.identity)}:${toHex(psk.key)}\n`);
      args.push(`--pskpasswd=${file}`);
    }
    if (certificate !== undefined) {
      args.push('--x509certfile', certificate.certFile, '--x509keyfile', certificate.keyFile);
    }
    return start('gnutls-serv', args, context);
  },
  startClient(context, settings, port) {
    const { certificate, psk, sessionFile } = settings;
    const args = ['-p', String(port), ...priority(settings)];
    if (psk !== undefined) {
      args.push(`--pskusername=${fromUtf8(psk.identity)}`, `--pskkey=${toHex(psk.key)}`);
    }
    if (certificate !== undefined) args.push(`--x509cafile=${certificate.caFile}`);
    if (sessionFile !== undefined) args.push('--resume');
    return Promise.resolve(
      start('gnutls-cli', [...args, certificate ? 'localhost' : '127.0.0.1'], context),
    );
  },
};

function start(program: string, args: readonly string[], context: CaseContext): PeerProcess {
  const environment = { SSLKEYLOGFILE: keyLogFile(context) };
  return new PeerProcess(program, args, context.signal, environment);
}

function priority({ psk, suite, groups }: TlsSettings): string[] {
  const exchange = psk === undefined ? '' : ':-KX-ALL:+ECDHE-PSK:+DHE-PSK';
  const cipher = `:-CIPHER-ALL:+${CIPHERS[suite]}`;
  const names = groups.map((group) => `:+GROUP-${group.toUpperCase()}`).join('');
  return ['--priority', `NORMAL:-VERS-ALL:+VERS-TLS1.3${exchange}${cipher}:-GROUP-ALL${names}`];
}

/** GnuTLS's own programs. */
export const gnutls: Peer = {
  name: 'gnutls',
  description: 'gnutls-serv and gnutls-cli: TLS 1.3 over TCP',
  detect: () => detectProgram('gnutls-cli', ['--version']),
  cases: tlsCases(driver),
};
