import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What a socket reports to its callback. */
export const SocketReport = { batch: 0, writable: 1, failed: 2, settled: 3 } as const;

/** What {@link NativeAddon.send} answers where it is not a negative errno. */
export const SendResult = { sent: 0, queued: 1, dropped: 2 } as const;

export const SocketFeature = { segmentation: 1, coalescing: 2, ipv6Only: 4 } as const;

/** Columns of {@link NativeAddon.socketState}. */
export const SocketState = {
  datagramsSent: 0,
  bytesSent: 1,
  datagramsReceived: 2,
  bytesReceived: 3,
  datagramsDropped: 4,
  sendErrors: 5,
  /** System calls. */
  sendCalls: 6,
  receiveCalls: 7,
  /** 1 where runs leave with segmentation offload. */
  segmentation: 8,
  coalescing: 9,
  queued: 10,
  /** Messages that the next system call asks for. */
  batch: 11,
} as const;

/** A number that stands for keys, a key share or a socket; it is never used twice. */
export type Handle = number;

/**
 * The functions of the addon, described in packages/native/addon. All of them throw on arguments of a
 * wrong type (TypeError), outside of their buffers, or on handles that are gone (RangeError). `memory` is that
 * of {@link Scratch}.
 */
export interface NativeAddon {
  createKeys(memory: Uint8Array, direction: 0 | 1, aead: number): Handle;
  deriveKeys(
    memory: Uint8Array,
    direction: 0 | 1,
    aead: number,
    hash: number,
    keyLabel: string,
    ivLabel: string,
    headerProtectionLabel: string,
    headerProtectionOf: Handle,
  ): Handle;
  releaseKeys(keys: Handle): void;
  seal(keys: Handle, buffer: Uint8Array, table: Int32Array, count: number): void;
  copyPieces(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void;
  unmask(keys: Handle, buffer: Uint8Array, offset: number, packetNumberOffset: number): void;
  open(
    keys: Handle,
    buffer: Uint8Array,
    offset: number,
    headerLength: number,
    length: number,
    pathId: number,
    packetNumber: number,
  ): number;
  openShort(
    keys: Handle,
    buffer: Uint8Array,
    offset: number,
    packetNumberOffset: number,
    length: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
  ): number;
  openRun(
    keys: Handle,
    buffer: Uint8Array,
    offset: number,
    segmentSize: number,
    end: number,
    connectionIdLength: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
    results: Float64Array,
  ): number;
  /** Whether AES-GCM is that of the addon itself, and not OpenSSL's. */
  ownGcm(): boolean;
  /** The same of X25519. */
  ownX25519(): boolean;
  hash(memory: Uint8Array, hash: number, length: number): void;
  hmac(memory: Uint8Array, hash: number, keyLength: number, length: number): void;
  advanceKeySchedule(memory: Uint8Array, hash: number, step: number, inputLength: number): void;
  finishedMac(memory: Uint8Array, hash: number): void;
  generateKeyShare(memory: Uint8Array, group: number): Handle;
  agree(memory: Uint8Array, keyShare: Handle, length: number): number;
  releaseKeyShare(keyShare: Handle): void;
  /** For tests, only where {@link ownX25519}: private key || point become the secret. */
  x25519(memory: Uint8Array): void;
  openSocket(
    local: Int32Array,
    remote: Int32Array,
    receiveBufferSize: number,
    sendBufferSize: number,
    queueLimit: number,
    features: number,
    workers: number,
    descriptor: number,
    slab: Uint8Array,
    table: Int32Array,
    callback: (report: number, value: number) => void,
  ): Handle;
  reserveSocket(
    local: Int32Array,
    receiveBufferSize: number,
    sendBufferSize: number,
    features: number,
    workers: number,
  ): Handle;
  reservedDescriptor(reservation: Handle): number;
  releaseReservation(reservation: Handle): void;
  send(
    socket: Handle,
    buffer: Uint8Array,
    start: number,
    length: number,
    segmentSize: number,
    ecn: number,
    destination: Int32Array,
  ): number;
  /** Returns the last {@link socketState}. */
  closeSocket(socket: Handle): number[];
  socketState(socket: Handle): number[];
  /** For tests: lets the next sends fail with an errno. */
  injectSendError(socket: Handle, errno: number, count: number, onlySegmented: 0 | 1): void;
  openTun(name: string, readable: () => void): Handle;
  tunName(device: Handle): string;
  configureTun(device: Handle, address: Uint8Array, prefixLength: number, mtu: number): void;
  addTunRoute(device: Handle, network: Uint8Array, prefixLength: number): void;
  /** Octets of the packet, 0 where none waits, or a negative errno. */
  readTun(device: Handle, buffer: Uint8Array): number;
  /** As {@link readTun}. */
  writeTun(device: Handle, packet: Uint8Array): number;
  closeTun(device: Handle): void;
  /** Keys, key shares, sockets, reservations and TUN devices that have not been released. */
  liveObjects(): number;
}

/** Whether the addon is in use, and if not, why. */
export interface NativeStatus {
  readonly available: boolean;
  /** One line for a person. */
  readonly reason: string;
  /** Whose AES-GCM: the addon has one for processors with VAES and AVX-512, unless MPQUIC_NATIVE_GCM=openssl. */
  readonly gcm: 'addon' | 'OpenSSL';
  /** Whose X25519, likewise: where there is AVX-512 IFMA, unless MPQUIC_NATIVE_X25519=openssl. */
  readonly x25519: 'addon' | 'OpenSSL';
}

/** Relative to this file once compiled. MPQUIC_ADDON names another build, such as one with sanitizers. */
const ADDON_FILE = '../../build/Release/mpquic_native.node';

function load(): { readonly addon?: NativeAddon; readonly reason: string } {
  if (process.env['MPQUIC_NATIVE'] === '0') return { reason: 'turned off by MPQUIC_NATIVE=0' };
  const file = process.env['MPQUIC_ADDON'] ?? fileURLToPath(new URL(ADDON_FILE, import.meta.url));
  if (!existsSync(file)) return { reason: 'not built: `npm run build` says what is missing' };
  try {
    const addon = createRequire(import.meta.url)(file) as NativeAddon;
    return { addon, reason: `loaded from ${file}` };
  } catch (error) {
    return { reason: `built, but does not load: ${(error as Error).message.split('\n')[0]}` };
  }
}

const loaded: ReturnType<typeof load> = load();

/** The addon, where it was built and nothing turns it off. */
export const addon: NativeAddon | undefined = loaded.addon;

export const nativeStatus: NativeStatus = {
  available: loaded.addon !== undefined,
  reason: loaded.reason,
  gcm: loaded.addon?.ownGcm() === true ? 'addon' : 'OpenSSL',
  x25519: loaded.addon?.ownX25519() === true ? 'addon' : 'OpenSSL',
};
