import { getSystemErrorName } from 'node:util';
import { type Address, type DatagramRun, type Ecn, sameAddress, type Transmit } from '@mpquic/wire';
import {
  addon,
  type Handle,
  type NativeAddon,
  SendResult,
  SocketReport,
  SocketState,
} from './addon.ts';
import { AddressTable } from './address-table.ts';
import type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  OpenDatagramSocket,
  SocketCounters,
} from './datagram-socket-types.ts';
import { ReceiveSlab } from './receive-slab.ts';
import {
  boundAddress,
  DEFAULT_BUFFER_SIZE,
  type OffloadOptions,
  socketFeatures,
} from './socket-binding.ts';
import { createAddressRow, SOCKET_ROW_LENGTH, SocketColumn, writeLocal } from './socket-row.ts';

/** What a native socket can be told beyond the contract. */
export interface NativeSocketOptions extends DatagramSocketOptions, OffloadOptions {}

/** Opens a batched socket; undefined where there is no addon. Rejects with the system's error. */
export const openNativeSocket: OpenDatagramSocket | undefined =
  addon === undefined ? undefined : openerOf(addon);

function openerOf(native: NativeAddon): OpenDatagramSocket {
  return async (options, handler) => new NativeDatagramSocket(native, options, handler);
}

/** A UDP socket of the addon: batches in both directions, offload, ECN, the local address of each datagram. */
export class NativeDatagramSocket implements DatagramSocket {
  readonly local: Address;
  readonly remote: Address | undefined;
  readonly marksEcn = true;
  readonly forbidsFragmentation = true;
  readonly #addon: NativeAddon;
  readonly #handler: DatagramSocketHandler;
  readonly #handle: Handle;
  readonly #slab: ReceiveSlab;
  readonly #addresses = new AddressTable();
  readonly #destinations = new Map<Address, Destination>();
  /** Where a connected socket sends to. */
  readonly #connection: Int32Array | undefined;
  #destination: Destination | undefined;
  /** One object for all datagrams: it is lent for each call only. */
  readonly #datagram: {
    local: Address;
    remote: Address;
    payload: Uint8Array;
    ecn: Ecn;
    run: DatagramRun | undefined;
  };
  /** As {@link #datagram}. */
  readonly #run: { -readonly [K in keyof DatagramRun]: DatagramRun[K] };
  #congested = false;
  #closed = false;
  /** A batch goes to the handler, or what that does about it goes on. */
  #isSettling = false;
  #lastState: readonly number[] | undefined;
  #drained: (() => void) | undefined;

  /** @throws the system's error, with its `code`, where the socket cannot be bound */
  constructor(native: NativeAddon, options: NativeSocketOptions, handler: DatagramSocketHandler) {
    const { local, remote } = options;
    const localRow = createAddressRow(local);
    const remoteRow = createAddressRow(remote);
    receiveSlab ??= new ReceiveSlab();
    this.#addon = native;
    this.#handler = handler;
    this.#slab = receiveSlab;
    this.#handle = native.openSocket(
      localRow,
      remoteRow,
      options.receiveBufferSize ?? DEFAULT_BUFFER_SIZE,
      options.sendBufferSize ?? DEFAULT_BUFFER_SIZE,
      options.queueLimit ?? DEFAULT_QUEUE_LIMIT,
      socketFeatures(options),
      options.workers ?? 1,
      options.descriptor ?? 0,
      this.#slab.memory,
      this.#slab.table,
      (report, value) => this.#report(report, value),
    );
    this.local = boundAddress(localRow, local);
    this.#connection = remote === undefined ? undefined : remoteRow;
    this.remote = remote === undefined ? undefined : this.#addresses.adopt(remote);
    const { memory } = this.#slab;
    const run = undefined;
    this.#datagram = { local: this.local, remote: this.local, payload: memory, ecn: 0, run };
    this.#run = { serial: 0, buffer: memory, at: 0, segmentSize: 0, end: 0, taken: 1 };
  }

  get congested(): boolean {
    return this.#congested;
  }

  get counters(): SocketCounters {
    const state = this.#state();
    return {
      datagramsSent: state[SocketState.datagramsSent] as number,
      bytesSent: state[SocketState.bytesSent] as number,
      datagramsReceived: state[SocketState.datagramsReceived] as number,
      bytesReceived: state[SocketState.bytesReceived] as number,
      datagramsDropped: state[SocketState.datagramsDropped] as number,
      sendErrors: state[SocketState.sendErrors] as number,
    };
  }

  /** Whether runs leave by one system call each, and come in that way. */
  get offload(): { readonly segmentation: boolean; readonly coalescing: boolean } {
    const state = this.#state();
    return {
      segmentation: state[SocketState.segmentation] === 1,
      coalescing: state[SocketState.coalescing] === 1,
    };
  }

  /** System calls so far. */
  get calls(): { readonly send: number; readonly receive: number } {
    const state = this.#state();
    return {
      send: state[SocketState.sendCalls] as number,
      receive: state[SocketState.receiveCalls] as number,
    };
  }

  /** Messages that the next system call asks for: more of a busy socket, each of them has its price. */
  get batch(): number {
    return this.#state()[SocketState.batch] as number;
  }

  adopt(remote: Address): Address {
    return this.#addresses.adopt(remote);
  }

  /** Always true: what the kernel does not take at once is copied. */
  send(transmit: Transmit): boolean {
    const { remote } = transmit;
    if (this.#closed) return true;
    const destination =
      this.#connection ?? (remote && this.#destinationOf(remote, transmit.local).row);
    if (destination === undefined) return true;
    const result = this.#addon.send(
      this.#handle,
      transmit.buffer,
      transmit.start,
      transmit.length,
      Math.max(transmit.segmentSize, 1),
      transmit.ecn,
      destination,
    );
    if (result === SendResult.sent) return true;
    if (result > 0) this.#congested = true;
    else this.#failLater(result);
    return true;
  }

  /** Lets the kernel take what is queued, for a moment. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#congested) await this.#drain();
    this.#lastState = this.#addon.closeSocket(this.#handle);
    // The event loop lets go of it in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    // The addon reports no more.
    this.#settle();
  }

  /** For tests: lets the next sends, or only those with segmentation offload, fail with an errno. */
  injectSendError(errno: number, count: number, onlySegmented = false): void {
    this.#addon.injectSendError(this.#handle, errno, count, onlySegmented ? 1 : 0);
  }

  #state(): readonly number[] {
    return this.#lastState ?? this.#addon.socketState(this.#handle);
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_TIMEOUT);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #destinationOf(remote: Address, local: Address | undefined): Destination {
    let destination = this.#destination;
    if (destination?.remote !== remote) {
      destination = this.#destinations.get(remote) ?? this.#addDestination(remote);
      this.#destination = destination;
    }
    if (destination.local !== local) {
      destination.local = local;
      const isOwn = local === undefined || sameAddress(local, this.local);
      writeLocal(destination.row, isOwn ? undefined : local);
    }
    return destination;
  }

  #addDestination(remote: Address): Destination {
    if (this.#destinations.size >= DESTINATION_LIMIT) this.#destinations.clear();
    const destination = { remote, local: undefined, row: createAddressRow(remote) };
    this.#destinations.set(remote, destination);
    return destination;
  }

  #report(report: number, value: number): void {
    if (report === SocketReport.batch) this.#receive(value);
    else if (report === SocketReport.settled) this.#settle();
    else if (report === SocketReport.failed) this.#fail(-value);
    else this.#becomeWritable();
  }

  #receive(messages: number): void {
    if (this.#closed) return;
    const { table } = this.#slab;
    this.#isSettling = true;
    for (let slot = 0; slot < messages && !this.#closed; slot++) this.#receiveMessage(table, slot);
    if (!this.#closed) this.#handler.batchReceived();
  }

  #settle(): void {
    if (!this.#isSettling) return;
    this.#isSettling = false;
    this.#handler.batchSettled?.();
  }

  #receiveMessage(table: Int32Array, slot: number): void {
    const row = slot * SOCKET_ROW_LENGTH;
    const datagram = this.#datagram;
    const start = table[row + SocketColumn.offset] as number;
    const length = table[row + SocketColumn.length] as number;
    const segmentSize = table[row + SocketColumn.segmentSize] as number;
    datagram.ecn = table[row + SocketColumn.ecn] as Ecn;
    datagram.remote = this.#addresses.remote(table, row);
    datagram.local =
      table[row + SocketColumn.hasLocal] === 1
        ? this.#addresses.local(table, row, this.local.port)
        : this.local;
    const run = this.#run;
    run.serial = this.#slab.nextRun();
    run.segmentSize = segmentSize;
    run.end = start + length;
    datagram.run = length > segmentSize ? run : undefined;
    for (let at = 0, index = 0; ; ) {
      run.at = start + at;
      run.taken = 1;
      const size = Math.min(segmentSize, length - at);
      datagram.payload = this.#slab.view(slot, index, start + at, size);
      this.#handler.datagramReceived(datagram);
      index += run.taken;
      at += run.taken * segmentSize;
      if (at >= length || segmentSize === 0 || this.#closed) return;
    }
  }

  #becomeWritable(): void {
    this.#congested = false;
    this.#drained?.();
    if (!this.#closed) this.#handler.socketWritable(this);
  }

  /** Apart from {@link send}, which would otherwise make a scope for this closure in every call. */
  #failLater(errno: number): void {
    queueMicrotask(() => this.#fail(errno));
  }

  #fail(errno: number): void {
    if (!this.#closed) this.#handler.sendFailed(this, getSystemErrorName(errno));
  }
}

/** A remote address as the addon reads it, and the local address that goes with it at the moment. */
interface Destination {
  readonly remote: Address;
  local: Address | undefined;
  readonly row: Int32Array;
}

let receiveSlab: ReceiveSlab | undefined;

const DEFAULT_QUEUE_LIMIT = 256;
const DESTINATION_LIMIT = 16_384;
/** Milliseconds that a close waits for queued datagrams. */
const CLOSE_TIMEOUT = 100;
