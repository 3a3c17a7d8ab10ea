import type { DatagramBatch } from '@mpquic/quic';

/** What an application may send as a datagram, as octets. */
export async function datagramOctets(
  datagram: string | NodeJS.ArrayBufferView | Promise<string | NodeJS.ArrayBufferView>,
  encoding: BufferEncoding,
): Promise<Uint8Array> {
  const data = await datagram;
  if (typeof data === 'string') return Buffer.from(data, encoding);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A batch of one, where an engine gives datagrams one by one. */
export function soleDatagram(data: Uint8Array, early: boolean): DatagramBatch {
  return {
    length: 1,
    early,
    octets: data,
    at: (_, from = 0) => (from === 0 ? data : data.subarray(from)),
    startOf: () => 0,
    lengthOf: () => data.length,
    keep: () => undefined,
  };
}
