import { readFile } from 'node:fs/promises';
import {
  type CertificateVerifier,
  createX509Verifier,
  insecureVerifier,
  loadServerCertificate,
  type ServerCertificate,
} from '@mpquic/crypto';
import { CommandFailure } from '../cli/failure.ts';
import { cannotRead } from '../cli/given-file.ts';

/** The certificate of `--cert` and `--key`. @throws {CommandFailure} where only one is given, or it cannot be used */
export async function readCertificate(
  chainFile: string | undefined,
  keyFile: string | undefined,
): Promise<ServerCertificate | undefined> {
  if (chainFile === undefined && keyFile === undefined) return undefined;
  if (chainFile === undefined || keyFile === undefined) {
    throw CommandFailure.usage('--cert and --key go together');
  }
  const chain = await readPem('--cert', chainFile);
  return loadServerCertificate(chain, await readPem('--key', keyFile));
}

/** Whom `--ca` or `--insecure` trusts; undefined where neither is given. @throws {CommandFailure} */
export async function readTrust(
  rootsFile: string | undefined,
  insecure: boolean,
): Promise<CertificateVerifier | undefined> {
  if (rootsFile !== undefined && insecure) {
    throw CommandFailure.usage('--ca and --insecure exclude each other');
  }
  if (insecure) return insecureVerifier;
  if (rootsFile === undefined) return undefined;
  const rootsPem = await readPem('--ca', rootsFile);
  return createX509Verifier({ rootsPem, currentTime: Date.now });
}

async function readPem(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw cannotRead(`${option} ${file}`, error);
  }
}
