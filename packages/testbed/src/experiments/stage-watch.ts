import { AsyncLocalStorage } from 'node:async_hooks';
import { type CaptureTap, type TimedRoleEvent, wallClock } from '@mpquic/service';
import type { Recording } from '../story/capture.ts';
import type { RecordedPacket } from '../story/recorded-packets.ts';
import type { StageOptions } from './stage.ts';

/** What is left of a stage once it is over; all of it may hold keys. */
export interface StageRecord extends Recording {
  readonly options: StageOptions;
}

/** Sees every stage once it is over. */
export interface StageWatcher {
  /** Whether packets and TLS secrets are kept as well; network functions then speak HTTP/2 over sockets. */
  readonly captures: boolean;
  readonly onStage: (record: StageRecord) => void;
}

const watchers = new AsyncLocalStorage<StageWatcher>();

/** Runs `play`, and lets `watcher` see every stage that it opens. */
export function watchingStages<T>(
  watcher: StageWatcher | undefined,
  play: () => Promise<T>,
): Promise<T> {
  return watcher === undefined ? play() : watchers.run(watcher, play);
}

/** The camera in front of one stage: what it keeps goes to the watcher of this run, where there is one. */
export class StageRecorder {
  readonly #watcher = watchers.getStore();
  readonly #packets: RecordedPacket[] = [];
  readonly #keyLog: string[] = [];

  /** Whether packets are kept. */
  get captures(): boolean {
    return this.#watcher?.captures === true;
  }

  /** For whatever sends and receives on the stage; bound. */
  readonly tap: CaptureTap = (packet) => {
    if (!this.captures) return;
    // A Buffer's own slice would be a view of what its owner then decrypts in place.
    const payload = Uint8Array.from(packet.payload);
    this.#packets.push({ ...packet, payload, at: wallClock() });
  };

  /** A line of a TLS key log; bound. */
  readonly keyLog = (line: string): void => {
    if (this.captures) this.#keyLog.push(`${line}\n`);
  };

  /** The stage is over. */
  finish(options: StageOptions, events: readonly TimedRoleEvent[]): void {
    const keyLog = this.#keyLog.join('');
    this.#watcher?.onStage({ options, events, packets: this.#packets, keyLog });
  }
}
