import type { N4Dispatch } from './n4-dispatch.ts';
import type { N4Server } from './n4-server.ts';

export interface AssociationWatchOptions {
  readonly dispatch: N4Dispatch;
  readonly server: N4Server;
  readonly intervalMs: number;
}

/**
 * Heartbeats to the SMFs: one that is gone, or that started anew, leaves no session and no PSK behind.
 * TS 29.244 §6.2.2, TS 23.527 §4.3
 */
export class AssociationWatch {
  readonly #options: AssociationWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(options: AssociationWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), options.intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { dispatch, server } = this.#options;
    const look = async (association: (typeof dispatch.associations)[number]): Promise<void> => {
      const started = await server.heartbeat(association.peer);
      if (started === undefined) dispatch.lose(association, 'the SMF does not answer');
      else if (started !== association.recoveryTimeStamp) {
        dispatch.lose(association, 'the SMF started anew');
      }
    };
    await Promise.all(dispatch.associations.map(look));
    this.#looking = false;
  }
}
