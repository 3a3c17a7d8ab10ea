import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex } from '@mpquic/wire';
import {
  type AeadName,
  type CryptoProvider,
  hkdfExpandLabel,
  hkdfExtract,
  type PacketKeys,
  SEAL_ROW_LENGTH,
} from '../../src/index.ts';

interface DirectionVector {
  readonly secret: string;
  readonly key: string;
  readonly iv: string;
  readonly hp: string;
}

interface PacketVector {
  readonly header: string;
  readonly packet_number: number;
  readonly packet_number_length: number;
  readonly packet: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/rfc9001-appendix-a.json', import.meta.url), 'utf8'),
) as {
  readonly A1: {
    readonly destination_connection_id: string;
    readonly initial_salt: string;
    readonly initial_secret: string;
    readonly client: DirectionVector;
    readonly server: DirectionVector;
  };
  readonly A2: PacketVector & { readonly crypto_frame: string; readonly payload_length: number };
  readonly A3: PacketVector & { readonly payload: string };
  readonly A4: {
    readonly original_destination_connection_id: string;
    readonly key: string;
    readonly nonce: string;
    readonly retry: string;
  };
  readonly A5: PacketVector & DirectionVector & { readonly ku: string; readonly payload: string };
};

const EMPTY = new Uint8Array(0);

function packetKeys(aead: AeadName, vector: DirectionVector): PacketKeys {
  return {
    aead,
    key: fromHex(vector.key),
    iv: fromHex(vector.iv),
    headerProtectionKey: fromHex(vector.hp),
  };
}

function seal(
  crypto: CryptoProvider,
  keys: PacketKeys,
  vector: PacketVector,
  payload: Uint8Array,
): string {
  const header = fromHex(vector.header);
  const buffer = concatBytes(header, payload, new Uint8Array(16));
  const row = new Int32Array(SEAL_ROW_LENGTH);
  row.set([0, header.length, vector.packet_number_length, payload.length, 0, vector.packet_number]);
  crypto.createSealer(keys).seal(buffer, row, 1);
  return toHex(buffer);
}

function open(
  crypto: CryptoProvider,
  keys: PacketKeys,
  vector: PacketVector,
): { header: string; payload: string } {
  const packet = fromHex(vector.packet);
  const headerLength = vector.header.length / 2;
  const opener = crypto.createOpener(keys);
  opener.unmask(packet, 0, headerLength - vector.packet_number_length);
  const length = opener.open(packet, 0, headerLength, packet.length, 0, vector.packet_number);
  assert.ok(length >= 0, 'the packet authenticates');
  return {
    header: toHex(packet.subarray(0, headerLength)),
    payload: toHex(opener.output.subarray(opener.outputOffset, opener.outputOffset + length)),
  };
}

const paddedA2 = new Uint8Array(vectors.A2.payload_length);
paddedA2.set(fromHex(vectors.A2.crypto_frame));

/** The examples of RFC 9001 Appendix A. */
export function rfc9001Compliance(crypto: CryptoProvider): void {
  keyCompliance(crypto);
  packetCompliance(crypto);
}

function keyCompliance(crypto: CryptoProvider): void {
  test(`RFC 9001 A.1, ${crypto.name}: Initial secrets and keys`, () => {
    const { A1 } = vectors;
    const initial = hkdfExtract(
      crypto,
      'sha256',
      fromHex(A1.initial_salt),
      fromHex(A1.destination_connection_id),
    );
    assert.equal(toHex(initial), A1.initial_secret);
    for (const side of ['client', 'server'] as const) {
      const secret = hkdfExpandLabel(crypto, 'sha256', initial, `${side} in`, EMPTY, 32);
      assert.equal(toHex(secret), A1[side].secret);
      for (const [label, length, expected] of [
        ['quic key', 16, A1[side].key],
        ['quic iv', 12, A1[side].iv],
        ['quic hp', 16, A1[side].hp],
      ] as const) {
        const key = hkdfExpandLabel(crypto, 'sha256', secret, label, EMPTY, length);
        assert.equal(toHex(key), expected, `${side} ${label}`);
      }
    }
  });

  test(`RFC 9001 A.5, ${crypto.name}: ChaCha20-Poly1305 keys and the next secret`, () => {
    const { A5 } = vectors;
    for (const [label, length, expected] of [
      ['quic key', 32, A5.key],
      ['quic iv', 12, A5.iv],
      ['quic hp', 32, A5.hp],
      ['quic ku', 32, A5.ku],
    ] as const) {
      const key = hkdfExpandLabel(crypto, 'sha256', fromHex(A5.secret), label, EMPTY, length);
      assert.equal(toHex(key), expected, label);
    }
  });
}

function packetCompliance(crypto: CryptoProvider): void {
  for (const [name, keys, vector, payload] of [
    ['A.2 client Initial', packetKeys('aes-128-gcm', vectors.A1.client), vectors.A2, paddedA2],
    [
      'A.3 server Initial',
      packetKeys('aes-128-gcm', vectors.A1.server),
      vectors.A3,
      fromHex(vectors.A3.payload),
    ],
    [
      'A.5 ChaCha20-Poly1305 short header',
      packetKeys('chacha20-poly1305', vectors.A5),
      vectors.A5,
      fromHex(vectors.A5.payload),
    ],
  ] as const) {
    test(`RFC 9001 ${name}, ${crypto.name}: sealed`, () => {
      assert.equal(seal(crypto, keys, vector, payload), vector.packet);
    });
    test(`RFC 9001 ${name}, ${crypto.name}: opened`, () => {
      assert.deepEqual(open(crypto, keys, vector), {
        header: vector.header,
        payload: toHex(payload),
      });
    });
  }

  test(`RFC 9001 A.4, ${crypto.name}: the Retry Integrity Tag is a plain AEAD tag`, () => {
    const { A4 } = vectors;
    const retry = fromHex(A4.retry);
    const connectionId = fromHex(A4.original_destination_connection_id);
    const pseudoPacket = concatBytes(
      Uint8Array.of(connectionId.length),
      connectionId,
      retry.subarray(0, -16),
    );
    const tag = crypto.aeadSeal(
      'aes-128-gcm',
      fromHex(A4.key),
      fromHex(A4.nonce),
      pseudoPacket,
      EMPTY,
    );
    assert.equal(toHex(tag), toHex(retry.subarray(-16)));
  });
}
