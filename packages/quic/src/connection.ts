import type { ExternalPsk, HandshakeSummary } from '@mpquic/tls';
import {
  type Address,
  type Datagram,
  type Instant,
  sameAddress,
  type Transmit,
  UsageError,
} from '@mpquic/wire';
import { beginClosing, closeLocally, closeWithError, release } from './close.ts';
import {
  type ClosingState,
  closingStateOf,
  closingTimeout,
  earlyDataOf,
  handleClosingTimeout,
  isSpent,
  type LastReport,
  multipathOf,
  receiveWhileClosing,
  statsOf,
  transmitWhileClosing,
} from './closing-state.ts';
import type { ConnectionEvent, StreamDirection } from './connection-event.ts';
import type { ConnectionMachine, LentOctets, StreamChunk } from './contract.ts';
import type { EarlyDataOutcome } from './handshake/early-data.ts';
import { asTransportError, driveHandshake } from './handshake/handshake.ts';
import { updateKeys } from './key-updates.ts';
import { abandonPath, hasOtherPath } from './path-verbs/path-closing.ts';
import { migratePath } from './path-verbs/path-moving.ts';
import { openPath, setPathStatus } from './path-verbs/path-opening.ts';
import type { Path } from './paths/path.ts';
import type { PathScheduler } from './paths/scheduler.ts';
import { receiveDatagram } from './receive/receive.ts';
import { receiveStatelessReset } from './receive/reset-detection.ts';
import type { ConnectionStats, PathSnapshot, PathStatus } from './snapshots.ts';
import type { ConnectionState } from './state.ts';
import { handleTimeout, nextTimeout } from './timers.ts';
import {
  maxDatagramSize,
  nextArrival,
  reportQueuedDatagrams,
  sendDatagram,
} from './transfer/datagram-exchange.ts';
import { consumeStream, peekStream, readStream, stopSending } from './transfer/stream-receiving.ts';
import { openStream, resetStream, writeStream } from './transfer/stream-sending.ts';
import { transmit } from './transmit/transmit.ts';
import { TransportError, TransportErrorCode } from './transport-error.ts';
import type { QuicVersionName } from './wire/versions.ts';

/**
 * One QUIC connection, with one path or several. What it does is in the verbs; here is its surface. Once it is
 * over and read out, it keeps no more than its closing or draining period asks for.
 */
export class Connection implements ConnectionMachine {
  #state: ConnectionState | undefined;
  /** What came of the state. */
  #closing: ClosingState | undefined;

  /** `create` makes the state, of which this connection is the owner. */
  constructor(create: (owner: object) => ConnectionState) {
    this.#state = create(this);
  }

  get role(): 'client' | 'server' {
    return this.#known.role;
  }

  get closed(): boolean {
    return this.#known.lifetime.phase === 'closed';
  }

  get version(): QuicVersionName {
    return this.#known.version.name;
  }

  get earlyData(): EarlyDataOutcome {
    return this.#state === undefined ? this.#report.earlyData : earlyDataOf(this.#state);
  }

  get handshake(): HandshakeSummary | undefined {
    return this.#known.summary;
  }

  get multipath(): boolean | undefined {
    return this.#state === undefined ? this.#report.multipath : multipathOf(this.#state);
  }

  /** Whether any packet of the peer was opened yet. */
  get hasHeardPeer(): boolean {
    return this.#state?.handshake?.packetOpened !== false;
  }

  /** Whether a datagram that names no known connection ID is the peer's stateless reset. RFC 9000 §10.3.1 */
  detectReset(datagram: Datagram, now: Instant): boolean {
    const state = this.#openState;
    if (state === undefined) return false;
    const { remote, payload } = datagram;
    if (!state.paths.list.some((path) => sameAddress(path.network.remote, remote))) return false;
    state.now = now;
    return receiveStatelessReset(state, payload, now);
  }

  /** Forgets everything at once and without an event: the peer was never heard. */
  discard(): void {
    if (this.#state !== undefined) release(this.#state);
    this.#known.localIds.removeAll();
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    const state = this.#state;
    if (state === undefined) {
      receiveWhileClosing(this.#known, datagram);
      return;
    }
    state.now = now;
    receiveDatagram(state, datagram, now);
  }

  handleTimeout(now: Instant): void {
    const state = this.#state;
    if (state === undefined) {
      handleClosingTimeout(this.#known, now);
      return;
    }
    state.now = now;
    handleTimeout(state, now);
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    const state = this.#state;
    if (state === undefined) return transmitWhileClosing(this.#known, into);
    state.now = now;
    return transmit(state, now, into, maxDatagrams);
  }

  nextTimeout(): Instant | undefined {
    const state = this.#state;
    const deadline = state === undefined ? closingTimeout(this.#known) : nextTimeout(state);
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  nextEvent(): ConnectionEvent | undefined {
    const state = this.#state;
    if (state === undefined) return this.#known.events.shift();
    const event = state.events.shift();
    if (event !== undefined) return event;
    reportQueuedDatagrams(state);
    const arrived = nextArrival(state.datagramsReceived);
    if (arrived !== undefined) return arrived;
    const { events } = state;
    if (isSpent(state)) this.#letGo(state);
    return events.shift();
  }

  answerPskLookup(psks: readonly (ExternalPsk | undefined)[], now: Instant): void {
    const state = this.#openState;
    if (state === undefined) return;
    state.now = now;
    try {
      state.tls?.answerPskLookup(psks);
      driveHandshake(state, now);
    } catch (error) {
      const transportError = asTransportError(error);
      if (!(transportError instanceof TransportError)) throw error;
      closeWithError(state, transportError, now);
    }
  }

  openStream(direction: StreamDirection): number | undefined {
    const state = this.#openState;
    return state && openStream(state, direction);
  }

  writeStream(streamId: number, data: Uint8Array, fin: boolean): number {
    const state = this.#openState;
    return state === undefined ? 0 : writeStream(state, streamId, data, fin);
  }

  recycle(data: Uint8Array): void {
    this.#state?.streams.recycle(data);
  }

  readStream(streamId: number): StreamChunk | undefined {
    return this.#state && readStream(this.#state, streamId);
  }

  peekStream(streamId: number, into: LentOctets): boolean {
    return this.#state !== undefined && peekStream(this.#state, streamId, into);
  }

  consumeStream(streamId: number, octets: number): boolean {
    return this.#state !== undefined && consumeStream(this.#state, streamId, octets);
  }

  batchDatagrams(wanted: boolean): void {
    if (this.#state !== undefined) this.#state.datagramsReceived.inBatches = wanted;
  }

  resetStream(streamId: number, code: number): void {
    if (this.#state !== undefined) resetStream(this.#state, streamId, code);
  }

  stopSending(streamId: number, code: number): void {
    if (this.#state !== undefined) stopSending(this.#state, streamId, code);
  }

  get maxDatagramSize(): number {
    return this.#state === undefined ? 0 : maxDatagramSize(this.#state);
  }

  get datagramsWaiting(): number {
    return this.#state?.datagramsReceived.length ?? 0;
  }

  get datagramRoom(): number {
    return this.#openState?.datagramsToSend.room ?? 0;
  }

  sendDatagram(data: Uint8Array, route?: number | PathScheduler): number | undefined {
    const state = this.#openState;
    return state && sendDatagram(state, data, route);
  }

  useScheduler(scheduler: PathScheduler): void {
    if (this.#state !== undefined) this.#state.scheduler = scheduler;
  }

  openPath(local: Address, remote: Address, now: Instant): number | undefined {
    const state = this.#openState;
    if (state === undefined) return undefined;
    state.now = now;
    return openPath(state, local, remote, now);
  }

  migratePath(pathId: number, local: Address, remote: Address, now: Instant): boolean {
    const { state, path } = this.#sendablePath(pathId);
    state.now = now;
    return migratePath(state, path, local, remote, now);
  }

  closePath(pathId: number, code: number, now: Instant): void {
    const { state, path } = this.#sendablePath(pathId);
    state.now = now;
    if (!hasOtherPath(state, path)) {
      throw new UsageError('the only path cannot be closed: close the connection instead');
    }
    abandonPath(state, pathId, code, 'local', now);
  }

  setPathStatus(pathId: number, status: PathStatus, now: Instant): void {
    const state = this.#openState;
    if (state === undefined) return;
    state.now = now;
    setPathStatus(state, pathId, status);
  }

  localAddressLost(local: Address, now: Instant): void {
    const state = this.#openState;
    if (state === undefined) return;
    state.now = now;
    const isLost = (path: Path): boolean => sameAddress(path.network.local, local);
    const lost = state.paths.list.filter((path) => path.sendable && isLost(path));
    if (lost.length === 0) return;
    if (state.paths.list.every((path) => !path.sendable || isLost(path))) {
      closeLocally(state, TransportErrorCode.NO_VIABLE_PATH, 'no local address is left', now);
      return;
    }
    const { PATH_UNSTABLE_OR_POOR } = TransportErrorCode;
    for (const path of lost) abandonPath(state, path.id, PATH_UNSTABLE_OR_POOR, 'local', now);
  }

  paths(): readonly PathSnapshot[] {
    if (this.#state === undefined) return this.#report.paths;
    return this.#state.paths.list.map((path) => path.snapshot());
  }

  updateKeys(now: Instant): void {
    const state = this.#openState;
    if (state === undefined) throw new UsageError('keys cannot be updated: the connection is over');
    state.now = now;
    updateKeys(state, now);
  }

  ping(now: Instant, pathId?: number): void {
    const state = this.#openState;
    if (state === undefined) return;
    state.now = now;
    if (pathId === undefined) state.outbox.push({ type: 'ping' });
    else this.#sendablePath(pathId).path.pingOwed = true;
  }

  stats(): ConnectionStats {
    const state = this.#state;
    if (state === undefined) return statsOf(this.#known, this.#report);
    const { streams, datagramsReceived } = state;
    const datagramsDropped = datagramsReceived.dropped;
    return statsOf(state, { streamsOpened: streams.opened, datagramsDropped });
  }

  close(now: Instant, code = 0, reason = '', application = true): void {
    const state = this.#openState;
    if (state === undefined) return;
    state.now = now;
    beginClosing(state, { by: 'local', application, code, frameType: 0, reason }, now);
  }

  #letGo(state: ConnectionState): void {
    this.#closing = closingStateOf(state);
    this.#state = undefined;
  }

  /** What there is from the first packet to the last. */
  get #known(): Known {
    return (this.#state ?? this.#closing) as Known;
  }

  get #report(): LastReport {
    return (this.#closing as ClosingState).report;
  }

  get #openState(): ConnectionState | undefined {
    return this.#state?.lifetime.phase === 'open' ? this.#state : undefined;
  }

  #sendablePath(pathId: number): { readonly state: ConnectionState; readonly path: Path } {
    const path = this.#state?.paths.get(pathId);
    if (this.#state === undefined || path?.sendable !== true) {
      throw new UsageError(`there is no open path ${pathId}`);
    }
    return { state: this.#state, path };
  }
}

type Known = Omit<ClosingState, 'report'>;
