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
import type {
  ConnectionEvent,
  ConnectionMachine,
  ConnectionStats,
  PathSnapshot,
  PathStatus,
  StreamChunk,
  StreamDirection,
} from './contract.ts';
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
import type { ConnectionState } from './state.ts';
import { handleTimeout, nextTimeout } from './timers.ts';
import {
  maxDatagramSize,
  reportDroppedDatagrams,
  sendDatagram,
} from './transfer/datagram-exchange.ts';
import { readStream, stopSending } from './transfer/stream-receiving.ts';
import { openStream, resetStream, writeStream } from './transfer/stream-sending.ts';
import { transmit } from './transmit/transmit.ts';
import { TransportError, TransportErrorCode } from './transport-error.ts';
import type { QuicVersionName } from './wire/versions.ts';

/** One QUIC connection, with one path or several. What it does is in the verbs; here is its surface. */
export class Connection implements ConnectionMachine {
  readonly #state: ConnectionState;

  /** `create` makes the state, of which this connection is the owner. */
  constructor(create: (owner: object) => ConnectionState) {
    this.#state = create(this);
  }

  get role(): 'client' | 'server' {
    return this.#state.role;
  }

  get closed(): boolean {
    return this.#state.lifetime.phase === 'closed';
  }

  get version(): QuicVersionName {
    return this.#state.version.name;
  }

  get earlyData(): EarlyDataOutcome {
    return this.#state.early?.outcome ?? 'none';
  }

  get handshake(): HandshakeSummary | undefined {
    return this.#state.summary;
  }

  get multipath(): boolean | undefined {
    const { peer, early, paths } = this.#state;
    if (peer === undefined || early?.remembered !== undefined) return undefined;
    return paths.limits !== undefined;
  }

  /** Whether any packet of the peer was opened yet. */
  get hasHeardPeer(): boolean {
    return this.#state.handshake?.packetOpened !== false;
  }

  /** Whether a datagram that names no known connection ID is the peer's stateless reset. RFC 9000 §10.3.1 */
  detectReset(datagram: Datagram, now: Instant): boolean {
    const state = this.#state;
    if (state.lifetime.phase !== 'open') return false;
    const { remote, payload } = datagram;
    if (!state.paths.list.some((path) => sameAddress(path.network.remote, remote))) return false;
    state.now = now;
    return receiveStatelessReset(state, payload, now);
  }

  /** Forgets everything at once and without an event: the peer was never heard. */
  discard(): void {
    release(this.#state);
    this.#state.localIds.removeAll();
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    this.#state.now = now;
    receiveDatagram(this.#state, datagram, now);
  }

  handleTimeout(now: Instant): void {
    this.#state.now = now;
    handleTimeout(this.#state, now);
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    this.#state.now = now;
    return transmit(this.#state, now, into, maxDatagrams);
  }

  nextTimeout(): Instant | undefined {
    const deadline = nextTimeout(this.#state);
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  nextEvent(): ConnectionEvent | undefined {
    const event = this.#state.events.shift();
    if (event !== undefined) return event;
    reportDroppedDatagrams(this.#state);
    const { datagramsReceived, events } = this.#state;
    const early = datagramsReceived.nextIsEarly;
    const data = datagramsReceived.next();
    return data === undefined ? events.shift() : { type: 'datagram', data, early };
  }

  answerPskLookup(psks: readonly (ExternalPsk | undefined)[], now: Instant): void {
    const state = this.#state;
    state.now = now;
    if (state.lifetime.phase !== 'open') return;
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
    return this.#isOpen ? openStream(this.#state, direction) : undefined;
  }

  writeStream(streamId: number, data: Uint8Array, fin: boolean): number {
    return this.#isOpen ? writeStream(this.#state, streamId, data, fin) : 0;
  }

  recycle(data: Uint8Array): void {
    this.#state.streams.recycle(data);
  }

  readStream(streamId: number): StreamChunk | undefined {
    return readStream(this.#state, streamId);
  }

  resetStream(streamId: number, code: number): void {
    resetStream(this.#state, streamId, code);
  }

  stopSending(streamId: number, code: number): void {
    stopSending(this.#state, streamId, code);
  }

  get maxDatagramSize(): number {
    return maxDatagramSize(this.#state);
  }

  sendDatagram(data: Uint8Array, route?: number | PathScheduler): number | undefined {
    return this.#isOpen ? sendDatagram(this.#state, data, route) : undefined;
  }

  useScheduler(scheduler: PathScheduler): void {
    this.#state.scheduler = scheduler;
  }

  openPath(local: Address, remote: Address, now: Instant): number | undefined {
    this.#state.now = now;
    return this.#isOpen ? openPath(this.#state, local, remote, now) : undefined;
  }

  migratePath(pathId: number, local: Address, remote: Address, now: Instant): boolean {
    this.#state.now = now;
    return migratePath(this.#state, this.#openPathOf(pathId), local, remote, now);
  }

  closePath(pathId: number, code: number, now: Instant): void {
    const state = this.#state;
    state.now = now;
    const path = this.#openPathOf(pathId);
    if (!hasOtherPath(state, path)) {
      throw new UsageError('the only path cannot be closed: close the connection instead');
    }
    abandonPath(state, pathId, code, 'local', now);
  }

  setPathStatus(pathId: number, status: PathStatus, now: Instant): void {
    this.#state.now = now;
    if (this.#isOpen) setPathStatus(this.#state, pathId, status);
  }

  localAddressLost(local: Address, now: Instant): void {
    const state = this.#state;
    state.now = now;
    if (!this.#isOpen) return;
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
    return this.#state.paths.list.map((path) => path.snapshot());
  }

  updateKeys(now: Instant): void {
    this.#state.now = now;
    updateKeys(this.#state, now);
  }

  ping(now: Instant, pathId?: number): void {
    const state = this.#state;
    state.now = now;
    if (!this.#isOpen) return;
    if (pathId === undefined) state.outbox.push({ type: 'ping' });
    else this.#openPathOf(pathId).pingOwed = true;
  }

  stats(): ConnectionStats {
    const { counters, streams, datagramsReceived } = this.#state;
    return {
      ...counters,
      packetsDropped: { ...counters.packetsDropped },
      streamsOpened: streams.opened,
      datagramsDropped: counters.datagramsDropped + datagramsReceived.dropped,
    };
  }

  close(now: Instant, code = 0, reason = '', application = true): void {
    this.#state.now = now;
    const closing = { by: 'local', application, code, frameType: 0, reason } as const;
    beginClosing(this.#state, closing, now);
  }

  get #isOpen(): boolean {
    return this.#state.lifetime.phase === 'open';
  }

  #openPathOf(pathId: number): Path {
    const path = this.#state.paths.get(pathId);
    if (path?.sendable !== true) throw new UsageError(`there is no open path ${pathId}`);
    return path;
  }
}
