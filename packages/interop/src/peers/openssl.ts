import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { CIPHER_SUITES } from '@mpquic/tls';
import { fromUtf8, toHex } from '@mpquic/wire';
import type { CaseContext, Peer } from '../matrix.ts';
import { detectProgram, PeerProcess } from '../peer-process.ts';
import { tlsCases } from '../tls/tls-cases.ts';
import { keyLogFile, type TlsPeer, type TlsSettings } from '../tls/tls-peer.ts';

const CURVES = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384' } as const;

const driver: TlsPeer = {
  echo: 'olleh',
  reconnects: false,
  lacks({ psk, retried }, peerRole) {
    if (psk?.identity.includes(0) === true) return 'OpenSSL takes identities as C strings';
    if (retried === true && psk?.hash === 'sha384' && peerRole === 'client') {
      return 's_client 3.0 leaves its -psk_session out behind a HelloRetryRequest';
    }
    return undefined;
  },
  async startServer(context, settings, port) {
    const { certificate } = settings;
    const credentials =
      certificate === undefined
        ? ['-nocert']
        : ['-cert', certificate.certFile, '-key', certificate.keyFile];
    const args = ['-accept', `127.0.0.1:${port}`, '-rev', ...credentials];
    return run('s_server', context, settings, args);
  },
  async startClient(context, settings, port) {
    const { certificate, sessionFile } = settings;
    const verification =
      certificate === undefined
        ? []
        : ['-CAfile', certificate.caFile, '-verify_return_error', '-servername', 'localhost'];
    const session =
      sessionFile === undefined
        ? []
        : [existsSync(sessionFile) ? '-sess_in' : '-sess_out', sessionFile];
    const args = ['-connect', `127.0.0.1:${port}`, '-quiet', ...verification, ...session];
    return run('s_client', context, settings, args);
  },
};

async function run(
  command: 's_server' | 's_client',
  context: CaseContext,
  settings: TlsSettings,
  args: readonly string[],
): Promise<PeerProcess> {
  const both = [
    '-tls1_3',
    '-ciphersuites',
    settings.suite,
    '-groups',
    settings.groups.map((group) => CURVES[group]).join(':'),
    '-keylogfile',
    keyLogFile(context),
    ...(await pskArguments(context, settings)),
  ];
  return new PeerProcess('openssl', [command, ...both, ...args], context.signal);
}

/** `-psk` is for SHA-256; with another hash the key comes as a session of a cipher suite that has it. */
async function pskArguments(
  { folder }: CaseContext,
  { psk, suite }: TlsSettings,
): Promise<string[]> {
  if (psk === undefined) return [];
  const identity = ['-psk_identity', fromUtf8(psk.identity)];
  if (psk.hash === 'sha256') return ['-psk', toHex(psk.key), ...identity];
  const file = `${folder}/psk-session.pem`;
  await writeFile(file, sessionPem(CIPHER_SUITES[suite].code, psk.key));
  return ['-psk_session', file, ...identity];
}

/** OpenSSL's SSL_SESSION: version of the format, of TLS, cipher suite, session ID, key, context. */
function sessionPem(suite: number, key: Uint8Array): string {
  const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
    const body = Buffer.concat(content);
    return Buffer.concat([Uint8Array.of(tag, body.length), body]);
  };
  const [integer, octets, sequence, context] = [0x02, 0x04, 0x30, 0xa4];
  const der = element(
    sequence,
    element(integer, Uint8Array.of(1)),
    element(integer, Uint8Array.of(3, 4)),
    element(octets, Uint8Array.of(suite >> 8, suite & 0xff)),
    element(octets),
    element(octets, key),
    element(context, element(octets)),
  );
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const name = 'SSL SESSION PARAMETERS';
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ''].join('\n');
}

/** OpenSSL's own programs. */
export const openssl: Peer = {
  name: 'openssl',
  description: 'openssl s_server and s_client: TLS 1.3 over TCP',
  detect: () => detectProgram('openssl', ['version']),
  cases: tlsCases(driver),
};
