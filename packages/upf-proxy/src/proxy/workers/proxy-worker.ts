import { Worker } from 'node:worker_threads';
import { describeFailure } from '@mpquic/service';
import type { PlaneReport } from '../proxy-plane.ts';
import { Telling, told } from './telling.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

/** What a worker tells of its own accord. */
export type WorkerNews = Exclude<FromWorker, { readonly type: 'ready' | 'failed' | 'report' }>;

export interface ProxyWorkerOptions {
  readonly start: WorkerStart;
  readonly onNews: (worker: ProxyWorker, news: WorkerNews) => void;
  /** It ended without being told to, for this reason. */
  readonly onDied: (worker: ProxyWorker, reason: string) => void;
}

const MAIN = new URL('./worker-main.js', import.meta.url);
/** Milliseconds. */
const REPORT_LIMIT = 5_000;
const STOP_LIMIT = 4_000;

/** One worker thread, as the main thread sees it. */
export class ProxyWorker {
  readonly index: number;
  /** Settles when it serves; rejects with what keeps it from that. */
  readonly ready: Promise<void>;
  /** Addresses of the pool that it has. */
  readonly addresses: Set<string>;
  /** What its clients have claimed of the TUN device, by number; each ends it. */
  readonly claims: Map<number, () => void> = new Map();
  readonly #downlink: Telling<Delivery>;
  readonly #worker: Worker;
  readonly #underWay: WorkerStart['underWay'];
  readonly #exited: Promise<void>;
  readonly #reports = new Map<number, (report: PlaneReport | undefined) => void>();
  #nextReport = 0;
  #problem: string | undefined;
  #stopping = false;
  #ended = false;

  constructor({ start, onNews, onDied }: ProxyWorkerOptions) {
    this.index = start.place.index;
    this.addresses = new Set(start.spareAddresses);
    this.#underWay = start.underWay;
    this.#downlink = new Telling(
      (message) => this.post(message, [message.packet.buffer]),
      start.underWay.downlink,
      () => undefined,
    );
    this.#worker = new Worker(MAIN, {
      workerData: start,
      transferList: [...start.place.ports],
    });
    this.#worker.on('error', (error) => {
      this.#problem ??= describeFailure(error);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#ended = true;
        for (const settle of this.#reports.values()) settle(undefined);
        resolve();
        if (!this.#stopping) onDied(this, this.#problem ?? 'it ended');
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'failed') this.#problem = message.problem;
        else if (message.type === 'report') this.#reported(message.id, message.report);
        else this.#take(message, onNews);
      });
      void this.#exited.then(() => reject(new Error(this.#problem ?? 'a worker ended early')));
    });
    this.ready.catch(() => undefined);
  }

  post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    if (!this.#ended) this.#worker.postMessage(message, transfer);
  }

  /** Gives it a packet for a client; one that it has no time for is lost, as packets are. */
  deliver(id: number, packet: Uint8Array<ArrayBuffer>): void {
    this.#downlink.tell({ type: 'deliver', id, packet });
  }

  /** What its connections are doing; undefined where it does not say so in time. */
  async report(): Promise<PlaneReport | undefined> {
    if (this.#ended) return undefined;
    const id = this.#nextReport++;
    const answered = new Promise<PlaneReport | undefined>((resolve) => {
      this.#reports.set(id, resolve);
    });
    const timer = setTimeout(() => this.#reported(id, undefined), REPORT_LIMIT);
    this.post({ type: 'report', id });
    return answered.finally(() => clearTimeout(timer));
  }

  /** Lets it tell its clients, then ends it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.post({ type: 'stop' });
    const timer = setTimeout(() => this.terminate(), STOP_LIMIT);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends it at once, as a fault does. */
  terminate(): void {
    void this.#worker.terminate();
  }

  #take(message: WorkerNews, onNews: ProxyWorkerOptions['onNews']): void {
    const { news, uplink } = this.#underWay;
    if (message.type === 'event' || message.type === 'captured') told(news);
    if (message.type === 'packet') told(uplink);
    onNews(this, message);
  }

  #reported(id: number, report: PlaneReport | undefined): void {
    this.#reports.get(id)?.(report);
    this.#reports.delete(id);
  }
}

type Delivery = Extract<ToWorker, { readonly type: 'deliver' }>;

type Transferable = NonNullable<Parameters<Worker['postMessage']>[1]>[number];
