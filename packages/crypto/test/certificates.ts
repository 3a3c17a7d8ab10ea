import { readFileSync } from 'node:fs';

interface TestCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 in PEM. */
  readonly key: string;
}

const url = new URL('../../test/vectors/certificates.json', import.meta.url);
const certificates = JSON.parse(readFileSync(url, 'utf8')) as Readonly<
  Record<string, TestCertificate>
>;

export function testCertificate(name: string): TestCertificate {
  const certificate = certificates[name];
  if (certificate === undefined) throw new Error(`no test certificate ${name}`);
  return certificate;
}

/** The chain of these in PEM. */
export function pemChain(...names: readonly string[]): string {
  return names.map((name) => testCertificate(name).certificate).join('');
}

/** A moment at which the test certificates are valid, but for `leaf-day`. */
export const VALID_TIME: number = Date.UTC(2030, 0, 1);
