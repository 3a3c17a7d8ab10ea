import { X509Certificate } from 'node:crypto';
import { UsageError } from '@mpquic/wire';

/** The DER certificates of a PEM text, in its order. @throws {UsageError} where there are none */
export function readPemCertificates(pem: string): readonly Uint8Array[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new UsageError('no certificate in PEM');
  return blocks.map((block, i) => {
    try {
      return Uint8Array.from(new X509Certificate(block).raw);
    } catch {
      throw new UsageError(`certificate ${i + 1} of the PEM text cannot be read`);
    }
  });
}
