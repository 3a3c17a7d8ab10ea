import { randomBytes } from 'node:crypto';
import {
  createWorkerPlaces,
  replaceWorkerPlace,
  reserveWorkerSockets,
  type WorkerPlace,
  type WorkerSockets,
} from '@mpquic/endpoint';
import type { EventSink, Logger, LogLevel } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import type { TunRouter } from '../../user-plane/tun-router.ts';
import type { AddressLeases } from '../../user-plane/user-plane.ts';
import type { PlaneSettings } from '../local-plane.ts';
import type { KnownSession, PlaneReport, ProxyPlane } from '../proxy-plane.ts';
import { ProxyWorker, type WorkerNews } from './proxy-worker.ts';
import { lookUpFor, mirrored, type PskAnswerOptions } from './psk-answer.ts';
import { createUnderWay } from './telling.ts';
import type { CapturedDatagram, ToWorker, WorkerStart } from './worker-messages.ts';

export interface ProxyWorkersOptions extends PskAnswerOptions {
  readonly count: number;
  readonly settings: PlaneSettings;
  readonly statelessResetKey: Uint8Array | undefined;
  readonly addresses: AddressLeases;
  /** Addresses that each worker has ahead, for connections that belong to no session. */
  readonly spareAddresses: number;
  readonly qlogDir: string | undefined;
  readonly events: EventSink;
  readonly logger: Logger;
  /** A handshake succeeded with this KID. */
  readonly onUsed: (kid: Uint8Array) => void;
  /** A worker died, and another one takes its place. */
  readonly onReplaced: () => void;
  readonly keyLog: ((line: string) => void) | undefined;
  readonly tap: ((datagram: CapturedDatagram) => void) | undefined;
  /** The TUN device, where there is one. */
  readonly router: Pick<TunRouter, 'claim' | 'write'> | undefined;
}

const RESET_KEY_LENGTH = 32;
/** Milliseconds: a worker that lived shorter is not replaced at once, or one that cannot live would take all time. */
const SHORT_LIFE = 2_000;
const PAUSE = 1_000;

type TakeNews = {
  readonly [T in WorkerNews['type']]: (
    worker: ProxyWorker,
    news: Extract<WorkerNews, { type: T }>,
  ) => void;
};

/**
 * The plane in several threads, each with its own connections: the system hands every datagram to the thread that its
 * connection ID names, over whichever path it comes. What is one for all of them stays here: PSKs, sessions, addresses,
 * files. A thread that dies takes its connections with it, no others, and is replaced.
 */
export class ProxyWorkers implements ProxyPlane {
  readonly proxies: ProxyPlane['proxies'];
  readonly #options: ProxyWorkersOptions;
  readonly #sockets: WorkerSockets;
  readonly #places: WorkerPlace[];
  readonly #workers: ProxyWorker[] = [];
  readonly #bornAt: number[] = [];
  readonly #pauses = new Set<NodeJS.Timeout>();
  #closing = false;

  private constructor(options: ProxyWorkersOptions, sockets: WorkerSockets) {
    const resetKey = options.statelessResetKey ?? randomBytes(RESET_KEY_LENGTH);
    const [access3gpp, accessNon3gpp] = sockets.addresses;
    this.#options = options;
    this.#sockets = sockets;
    this.#places = createWorkerPlaces(options.count, resetKey).map((place, i) => ({
      ...place,
      descriptors: sockets.descriptors[i],
    }));
    this.proxies = {
      access3gpp: access3gpp as Address,
      accessNon3gpp: accessNon3gpp as Address,
    };
  }

  /** @throws {QuicError} where an address cannot be listened on, or there is no native addon */
  static async start(options: ProxyWorkersOptions): Promise<ProxyWorkers> {
    const { access3gpp, accessNon3gpp } = options.settings;
    const sockets = reserveWorkerSockets([access3gpp, accessNon3gpp], options.count);
    const workers = new ProxyWorkers(options, sockets);
    try {
      for (const place of workers.#places) workers.#begin(place);
      await Promise.all(workers.#workers.map(({ ready }) => ready));
      return workers;
    } catch (error) {
      await workers.close();
      throw error;
    }
  }

  /** The threads, each at its place. */
  get workers(): readonly ProxyWorker[] {
    return this.#workers;
  }

  async report(): Promise<PlaneReport> {
    const reports = await Promise.all(this.#workers.map((worker) => worker.report()));
    const known = reports.filter((report) => report !== undefined);
    return {
      connections: known.reduce((sum, { connections }) => sum + connections, 0),
      userTraffic: known.flatMap(({ userTraffic }) => userTraffic),
    };
  }

  dropConnections(kid: Uint8Array, reason: string, afterSeconds = 0): void {
    this.#tellAll({ type: 'drop', kid: kid.slice(), reason, afterSeconds });
  }

  rulesChanged(session: KnownSession): void {
    this.#tellAll({ type: 'rules', session: mirrored(session) });
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    this.#sockets.close();
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#workers) worker.post(message);
  }

  #begin(place: WorkerPlace): void {
    const { index } = place;
    this.#bornAt[index] = performance.now();
    this.#workers[index] = new ProxyWorker({
      start: this.#startOf(place),
      onNews: (worker, news) => {
        (this.#take[news.type] as (worker: ProxyWorker, news: WorkerNews) => void)(worker, news);
      },
      onDied: (worker, reason) => this.#died(worker, reason),
    });
  }

  #startOf(place: WorkerPlace): WorkerStart {
    const { settings, qlogDir, keyLog, tap, logger, addresses, spareAddresses, router } =
      this.#options;
    const spare = Array.from({ length: spareAddresses }, () => addresses.leaseAddress());
    return {
      place,
      settings: { ...settings, ...this.proxies },
      spareAddresses: spare.filter((address) => address !== undefined),
      qlogDir,
      keyLog: keyLog !== undefined,
      capture: tap !== undefined,
      log: { level: logger.level as LogLevel, pretty: process.stderr.isTTY === true },
      tun: router !== undefined,
      underWay: {
        news: createUnderWay(),
        uplink: createUnderWay(),
        downlink: createUnderWay(),
      },
    };
  }

  readonly #take: TakeNews = {
    lookup: (worker, { id, identities }) => {
      lookUpFor(this.#options, identities, ({ found, keys }) => {
        worker.post({ type: 'psks', id, found }, keys);
      });
    },
    used: (_, { kid }) => this.#options.onUsed(kid),
    event: (_, { event }) => this.#options.events.record(event),
    keyLog: (_, { line }) => this.#options.keyLog?.(line),
    captured: (_, { datagram }) => this.#options.tap?.(datagram),
    attach: (worker, { id, addresses }) => {
      const claim = this.#options.router?.claim(addresses, (packet) => worker.deliver(id, packet));
      if (claim !== undefined) worker.claims.set(id, claim);
    },
    detach: (worker, { id }) => {
      worker.claims.get(id)?.();
      worker.claims.delete(id);
    },
    packet: (_, { packet }) => this.#options.router?.write(packet),
    addressTaken: (worker) => {
      const address = this.#options.addresses.leaseAddress();
      if (address === undefined) return;
      worker.addresses.add(address);
      worker.post({ type: 'address', address });
    },
    addressReturned: (worker, { address }) => {
      if (worker.addresses.delete(address)) this.#options.addresses.returnAddress(address);
    },
  };

  #died(worker: ProxyWorker, reason: string): void {
    const { index } = worker;
    const { logger, addresses, onReplaced } = this.#options;
    for (const address of worker.addresses) addresses.returnAddress(address);
    worker.addresses.clear();
    for (const end of worker.claims.values()) end();
    worker.claims.clear();
    if (this.#closing || this.#workers[index] !== worker) return;
    logger.error({ worker: index, reason }, 'a worker died with its connections, and is replaced');
    const lived = performance.now() - (this.#bornAt[index] ?? 0);
    const pause = setTimeout(
      () => {
        this.#pauses.delete(pause);
        onReplaced();
        this.#replace(index);
      },
      lived < SHORT_LIFE ? PAUSE : 0,
    );
    this.#pauses.add(pause);
  }

  #replace(index: number): void {
    const { place, ports } = replaceWorkerPlace(this.#places[index] as WorkerPlace);
    for (const [other, port] of ports) {
      this.#workers[other]?.post({ type: 'neighbour', index, port }, [port]);
    }
    this.#begin(place);
  }
}
