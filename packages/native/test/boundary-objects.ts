import type { NativeAddon } from '../src/addon.ts';
import { native as addon } from './loopback.ts';

export const SCRATCH: Uint8Array = new Uint8Array(4096);
export const LABELS = ['quic key', 'quic iv', 'quic hp'] as const;

export function sealKeys(): number {
  return addon.deriveKeys(SCRATCH, 0, 0, 0, ...LABELS, 0);
}

export function openKeys(): number {
  return addon.deriveKeys(SCRATCH, 1, 0, 0, ...LABELS, 0);
}

/** Any port of 127.0.0.1. */
export function loopbackRow(): Int32Array {
  const row = new Int32Array(16);
  row[4] = 4;
  row[6] = 0x0100007f;
  return row;
}

/** Of openSocket, with the smallest memory that it takes. */
export function socketArguments(): Parameters<NativeAddon['openSocket']> {
  const slab = new Uint8Array(65_536);
  const table = new Int32Array(16);
  return [loopbackRow(), new Int32Array(16), 0, 0, 8, 3, 1, 0, slab, table, () => {}];
}

export function openSocket(): number {
  return addon.openSocket(...socketArguments());
}

/** What Node.js 20 has, and the compiler's library of ES2023 does not know. */
interface ResizableBuffer extends ArrayBuffer {
  resize(length: number): void;
}

export function resizableBuffer(length: number, longest: number): ResizableBuffer {
  const create = ArrayBuffer as unknown as new (
    length: number,
    options: { readonly maxByteLength: number },
  ) => ResizableBuffer;
  return new create(length, { maxByteLength: longest });
}

/** An array whose memory went to somebody else. */
export function detached(length: number): Uint8Array {
  const array = new Uint8Array(length);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** A view of memory whose length was changed afterwards. */
export function resized([before, after, tracks]: readonly [number, number, boolean]): Uint8Array {
  const buffer = resizableBuffer(before, 130);
  const array = tracks ? new Uint8Array(buffer) : new Uint8Array(buffer, 0, before);
  buffer.resize(after);
  return array;
}
