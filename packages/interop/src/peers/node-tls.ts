import { fileURLToPath } from 'node:url';
import { fromUtf8, toHex } from '@mpquic/wire';
import type { CaseContext, Peer } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';
import { tlsCases } from '../tls/tls-cases.ts';
import { keyLogFile, type TlsPeer, type TlsSettings } from '../tls/tls-peer.ts';

const PROGRAM = fileURLToPath(new URL('../../../peers/node-tls/peer.mjs', import.meta.url));
const CURVES = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384' } as const;

const driver: TlsPeer = {
  echo: 'hello',
  reconnects: false,
  lacks({ psk }) {
    if (psk?.hash === 'sha384') return "Node's pskCallback is for SHA-256 only";
    if (psk?.identity.includes(0) === true) return 'Node takes identities as C strings';
    return undefined;
  },
  startServer: (context, settings, port) =>
    Promise.resolve(start('server', context, settings, port)),
  startClient: (context, settings, port) =>
    Promise.resolve(start('client', context, settings, port)),
};

function start(
  role: 'client' | 'server',
  context: CaseContext,
  { suite, groups, psk, certificate, sessionFile }: TlsSettings,
  port: number,
): PeerProcess {
  const settings = {
    role,
    port,
    keyLog: keyLogFile(context),
    ciphers: suite,
    groups: groups.map((group) => CURVES[group]).join(':'),
    psk: psk && { identity: fromUtf8(psk.identity), key: toHex(psk.key) },
    cert: certificate?.certFile,
    key: certificate?.keyFile,
    ca: certificate?.caFile,
    sessionFile,
  };
  return new PeerProcess(process.execPath, [PROGRAM, JSON.stringify(settings)], context.signal);
}

/** The TLS of the Node.js that runs the matrix. */
export const nodeTls: Peer = {
  name: 'node-tls',
  description: "Node's own TLS (OpenSSL) over TCP",
  detect: () =>
    Promise.resolve({
      installed: true,
      version: `Node.js ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
    }),
  cases: tlsCases(driver),
};
