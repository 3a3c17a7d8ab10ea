import type { MessagePort } from 'node:worker_threads';
import type { ClientConfig, ConnectionMachine, ConnectionSet, ServerConfig } from '@mpquic/quic';
import type { Address, Datagram, Instant } from '@mpquic/wire';
import type { Clock } from './clock.ts';
import type { OpenDatagramSocket } from './datagram-socket.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { Driven, type DrivenConnection } from './driven-connection.ts';
import { SocketSet, type SocketSetHandler } from './socket-set.ts';
import { TransmitBatch } from './transmit-batch.ts';
import { WorkerGroup } from './worker-group.ts';
import type { WorkerPlace } from './worker-places.ts';

export interface DriverOptions {
  readonly connections: ConnectionSet;
  readonly openSocket: OpenDatagramSocket;
  readonly clock: Clock;
  /** Gives a connection that a client opened to us its handler. */
  readonly accept: (connection: DrivenConnection) => void;
  /** Where others serve the same addresses. */
  readonly worker?: WorkerPlace | undefined;
}

/**
 * Moves octets, time and events between sockets and connection machines: reads the clock once for each
 * batch, keeps one timer for all connections, and gives each connection in turn a bounded share.
 */
export class ConnectionDriver implements SocketSetHandler {
  readonly sockets: SocketSet;
  readonly #connections: ConnectionSet;
  readonly #clock: Clock;
  readonly #accept: DriverOptions['accept'];
  readonly #workers: WorkerGroup | undefined;
  readonly #driven = new Map<ConnectionMachine, Driven>();
  readonly #deadlines = new DeadlineHeap<Driven>();
  #ready: Driven[] = [];
  #turn: Driven[] = [];
  #lastDriven: Driven | undefined;
  readonly #transmits: TransmitBatch;
  #batchTime: Instant | undefined;
  #answersPending = false;
  #tickScheduled = false;
  #isTurning = false;
  #wokenInTurn = false;
  /** A batch comes in, or applications see to what it brought. */
  #isSettling = false;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Immediate | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: DriverOptions) {
    this.#connections = options.connections;
    this.#clock = options.clock;
    this.#accept = options.accept;
    this.sockets = new SocketSet(options.openSocket, this);
    this.#transmits = new TransmitBatch((run) => this.sockets.send(run));
    this.#workers = options.worker && new WorkerGroup(options.worker, this.#receiveHandedOver);
  }

  /** How many connections there are, closing ones included. */
  get size(): number {
    return this.#driven.size;
  }

  now(): Instant {
    return this.#clock.now();
  }

  /** Opens a client connection over a socket that is already bound; the caller sets its handler at once. */
  connect(config: ClientConfig): DrivenConnection {
    const driven = this.#adopt(this.#connections.connect(config, this.now()));
    driven.wake();
    return driven;
  }

  /** Takes connections from clients from now on; undefined turns new ones away. */
  listen(config: ServerConfig | undefined): void {
    this.#connections.listen(config);
  }

  datagramReceived(datagram: Datagram): void {
    if (this.#stopped) return;
    this.#isSettling = true;
    if (this.#workers?.handsOver(datagram) !== true) this.#receiveOwn(datagram);
  }

  #receiveOwn(datagram: Datagram): void {
    this.#batchTime ??= this.#clock.now();
    const machine = this.#connections.receiveDatagram(datagram, this.#batchTime);
    if (machine === undefined) {
      this.#answersPending = true;
      return;
    }
    // Most datagrams of a batch are for one connection.
    if (this.#lastDriven?.machine !== machine) {
      this.#lastDriven = this.#driven.get(machine) ?? this.#acceptNext(machine);
    }
    const driven = this.#lastDriven;
    driven.hasNews = true;
    this.#makeReady(driven);
    if (machine.datagramsWaiting >= MOST_WAITING) this.#deliver(driven, this.#batchTime);
  }

  readonly #receiveHandedOver = (datagram: Datagram): void => {
    const own = this.sockets.find(datagram.local);
    if (this.#stopped || own === undefined) return;
    this.#receiveOwn({ ...datagram, local: own.local });
    this.#deliverNews();
    this.#scheduleTick();
  };

  /** What was given to the other endpoints of the same addresses. */
  get handedOver(): WorkerGroup['counters'] | undefined {
    return this.#workers?.counters;
  }

  replaceWorker(index: number, port: MessagePort): void {
    this.#workers?.replace(index, port);
  }

  /** Applications see first what has come: what they answer leaves together with the acknowledgements. */
  batchReceived(): void {
    this.#deliverNews();
  }

  batchSettled(): void {
    this.#isSettling = false;
    this.#runTurn();
  }

  #deliverNews(): void {
    const now = this.#batchTime ?? this.#clock.now();
    this.#batchTime = undefined;
    const ready = this.#ready;
    for (let i = 0; i < ready.length; i++) {
      const driven = ready[i] as Driven;
      if (driven.hasNews) this.#deliver(driven, now);
    }
  }

  socketsWritable(): void {
    this.#scheduleTick();
  }

  sendFailed(local: Address, remote: Address | undefined, code: string): void {
    for (const { handler } of this.#driven.values()) handler.sendFailed?.(local, remote, code);
  }

  localAddressLost(local: Address): void {
    const now = this.now();
    for (const driven of this.#driven.values()) {
      driven.machine.localAddressLost(local, now);
      driven.wake();
    }
  }

  /** Sends what is queued now and stops for good; connections are dropped as they are. */
  stop(): void {
    if (this.#stopped) return;
    this.#runTurn();
    this.#stopped = true;
    this.#workers?.close();
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    clearImmediate(this.#expiry);
    for (const driven of [...this.#driven.values()]) this.#forget(driven);
  }

  #adopt(machine: ConnectionMachine): Driven {
    const driven = new Driven(machine, this.#wake);
    this.#driven.set(machine, driven);
    return driven;
  }

  /** Within a turn that goes on by itself no other one need be scheduled. */
  readonly #wake = (driven: Driven): void => {
    this.#makeReady(driven);
    if (this.#isTurning) this.#wokenInTurn = true;
    else this.#scheduleTick();
  };

  #acceptNext(machine: ConnectionMachine): Driven {
    for (
      let next = this.#connections.nextAccepted();
      next;
      next = this.#connections.nextAccepted()
    ) {
      const driven = this.#adopt(next);
      this.#accept(driven);
    }
    return this.#driven.get(machine) ?? this.#adopt(machine);
  }

  #makeReady(driven: Driven): void {
    if (driven.ready) return;
    driven.ready = true;
    this.#ready.push(driven);
  }

  /**
   * A tick runs after all microtasks, so that whatever applications do in one go is sent in one go. What comes of a batch is
   * sent when that has settled.
   */
  #scheduleTick(): void {
    if (this.#tickScheduled || this.#isSettling || this.#stopped) return;
    this.#tickScheduled = true;
    void SETTLED.then(this.#afterMicrotasks);
  }

  /** A tick alone would come before the microtasks of the callback that scheduled it. */
  readonly #afterMicrotasks = (): void => process.nextTick(this.#tick);

  readonly #tick = (): void => {
    this.#tickScheduled = false;
    this.#runTurn();
  };

  /** One turn: every connection that has something to do gets its share. */
  #runTurn(): void {
    if (this.#stopped) return;
    if (this.#answersPending) this.#sendAnswers();
    const turn = this.#ready;
    this.#ready = this.#turn;
    this.#turn = turn;
    let unfinished = false;
    this.#isTurning = true;
    for (let i = 0; i < turn.length; i++) {
      const driven = turn[i] as Driven;
      driven.ready = false;
      if (driven.forgotten) continue;
      if (!this.#drain(driven, i < turn.length - 1)) {
        unfinished = true;
        this.#makeReady(driven);
      }
    }
    this.#transmits.flush();
    // One by one: an array whose length becomes 0 gives its memory away, and this runs for every turn.
    while (turn.length > 0) turn.pop();
    this.#isTurning = false;
    if (unfinished && !this.sockets.congested) this.#immediate ??= setImmediate(this.#continue);
    else if (this.#wokenInTurn) this.#scheduleTick();
    this.#wokenInTurn = false;
    this.#armTimer();
  }

  readonly #continue = (): void => {
    this.#immediate = undefined;
    this.#runTurn();
  };

  /** False when there is more to send than one share. With `hold` the last of it may wait for what others send. */
  #drain(driven: Driven, hold: boolean): boolean {
    const { machine } = driven;
    const now = this.#clock.now();
    if (driven.hasNews) this.#deliver(driven, now);
    const finished = this.#sendShare(machine, now, hold);
    this.#deliver(driven, now);
    if (driven.closed) {
      this.#forget(driven);
      return true;
    }
    const deadline = machine.nextTimeout();
    // A deadline that moved further away stays where it is, and is looked at again when it comes up.
    if (deadline !== undefined && (driven.heapIndex < 0 || deadline < driven.armedAt)) {
      this.#deadlines.schedule(driven, deadline);
    }
    return finished;
  }

  /** Shows the application what has happened. A connection that is over may still have to tell its peer so. */
  #deliver(driven: Driven, now: Instant): void {
    const { machine } = driven;
    driven.hasNews = false;
    for (let event = machine.nextEvent(); event !== undefined; event = machine.nextEvent()) {
      driven.handler.connectionEvent(event, now);
      if (event.type === 'closed') driven.closed = true;
    }
  }

  #sendShare(machine: ConnectionMachine, start: Instant, hold: boolean): boolean {
    const transmits = this.#transmits;
    let now = start;
    for (let run = 0; run < RUNS_PER_SHARE; run++) {
      if (this.sockets.congested) return false;
      if (!machine.nextTransmit(now, transmits.next, DATAGRAMS_PER_RUN)) return true;
      // To make two full runs takes a while, to make less hardly any time.
      const full = transmits.next.datagrams === DATAGRAMS_PER_RUN;
      transmits.add(hold);
      if (full && run % 2 === 1) now = this.#clock.now();
    }
    return false;
  }

  #sendAnswers(): void {
    this.#answersPending = false;
    while (this.#connections.nextTransmit(this.#clock.now(), this.#transmits.next)) {
      this.#transmits.add(false);
    }
  }

  #armTimer(): void {
    const next = this.#deadlines.peek();
    if (next === undefined) {
      clearTimeout(this.#timer);
      this.#timerAt = Number.POSITIVE_INFINITY;
      return;
    }
    if (next.armedAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next.armedAt;
    const delay = Math.ceil((next.armedAt - this.#clock.now()) / 1000);
    this.#timer = setTimeout(this.#readFirst, Math.min(Math.max(delay, 0), LONGEST_TIMER));
  }

  /** What has come while the process was busy is read before anything counts as missing. */
  readonly #readFirst = (): void => {
    this.#expiry = setImmediate(this.#expire);
  };

  readonly #expire = (): void => {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let next = this.#deadlines.peek(); next !== undefined; next = this.#deadlines.peek()) {
      if (next.armedAt > now) break;
      this.#deadlines.remove(next);
      const deadline = next.machine.nextTimeout();
      if (deadline === undefined) continue;
      if (deadline > now) {
        this.#deadlines.schedule(next, deadline);
        continue;
      }
      next.machine.handleTimeout(now);
      next.hasNews = true;
      this.#makeReady(next);
    }
    this.#runTurn();
  };

  #forget(driven: Driven): void {
    driven.forgotten = true;
    this.#driven.delete(driven.machine);
    if (this.#lastDriven === driven) this.#lastDriven = undefined;
    this.#deadlines.remove(driven);
    this.#connections.remove(driven.machine);
  }
}

const SETTLED: Promise<void> = Promise.resolve();

/** DATAGRAM frames at which the application is told within a batch of a socket: fewer than a connection keeps for it. */
const MOST_WAITING = 256;
const DATAGRAMS_PER_RUN = 40;
/** Runs that one connection sends before the others have their turn. */
const RUNS_PER_SHARE = 8;
/** Milliseconds; what a Node.js timer takes at most is 2^31-1. */
const LONGEST_TIMER = 2_000_000_000;
