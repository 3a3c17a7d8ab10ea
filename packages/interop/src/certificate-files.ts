import { execFile } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate of `localhost` and 127.0.0.1 with the authority that certifies it, as files and as PEM texts. */
export interface CertificateFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes both new in `folder`, by OpenSSL: ECDSA with P-256. `chainLength` certificates lie in the server's
 * file: the leaf, and the authorities between it and the first.
 */
export async function createCertificate(
  folder: string,
  chainLength = 1,
): Promise<CertificateFiles> {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder });
  await writeFile(file('leaf.ext'), LEAF_EXTENSIONS);
  const authority = ['-subj', '/CN=interop CA', '-keyout', 'ca.key', '-out', 'ca.pem'];
  const ofAuthority = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await openssl('req', '-x509', ...KEY, '-days', '30', ...authority, ...ofAuthority);
  await writeFile(
    file('authority.ext'),
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n',
  );
  const between: string[] = [];
  let signer = 'ca';
  for (let depth = 1; depth < chainLength; depth++) {
    const name = `ca-${depth}`;
    const subject = [
      '-subj',
      `/CN=interop CA ${depth}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    ];
    await openssl('req', ...KEY, ...subject);
    const by = [
      '-CA',
      `${signer}.pem`,
      '-CAkey',
      `${signer}.key`,
      '-CAcreateserial',
      '-days',
      '30',
    ];
    await openssl(
      'x509',
      '-req',
      ...by,
      '-in',
      `${name}.csr`,
      '-extfile',
      'authority.ext',
      '-out',
      `${name}.pem`,
    );
    between.unshift(await readFile(file(`${name}.pem`), 'utf8'));
    signer = name;
  }
  await openssl('req', ...KEY, '-subj', '/CN=localhost', '-keyout', 'leaf.key', '-out', 'leaf.csr');
  const signing = [
    '-CA',
    `${signer}.pem`,
    '-CAkey',
    `${signer}.key`,
    '-CAcreateserial',
    '-days',
    '13',
  ];
  const leaf = ['-in', 'leaf.csr', '-extfile', 'leaf.ext', '-out', 'leaf.pem'];
  await openssl('x509', '-req', ...signing, ...leaf);
  await appendFile(file('leaf.pem'), between.join(''));
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'leaf.pem', 'leaf.key'].map((name) => readFile(file(name), 'utf8')),
  );
  return {
    caFile: file('ca.pem'),
    certFile: file('leaf.pem'),
    keyFile: file('leaf.key'),
    ca: ca as string,
    cert: cert as string,
    key: key as string,
  };
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

const LEAF_EXTENSIONS = [
  'subjectAltName=DNS:localhost,IP:127.0.0.1',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=serverAuth',
  '',
].join('\n');
