import { fromHex } from '@mpquic/wire';

/** Secrets of a TLS key log that protect QUIC packets. */
export type SecretLabel =
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0';

const LINE = /^(?:QUIC_)?([A-Z0-9_]+) ([0-9a-f]{64}) ((?:[0-9a-f]{2})+)$/i;

/** The secrets of TLS key logs in the NSS format, by the client random of their connection. */
export class KeyLog {
  readonly #secrets = new Map<string, string>();

  /** Adds the lines of a key log; those that are no secrets are passed over. */
  add(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      const [, label, random, secret] = LINE.exec(line.trim()) ?? [];
      if (secret !== undefined) this.#secrets.set(`${label} ${random?.toLowerCase()}`, secret);
    }
  }

  get size(): number {
    return this.#secrets.size;
  }

  /** A copy of the secret, of 32 or 48 octets. */
  secret(label: SecretLabel, clientRandom: string): Uint8Array | undefined {
    const secret = this.#secrets.get(`${label} ${clientRandom}`);
    return secret === undefined ? undefined : fromHex(secret);
  }
}
