import { changeImpairment, type Impairment, Relay } from '@mpquic/access';
import { type LinkCase, type LinkEvents, RUNNER_LINK } from './link-cases.ts';
import { lossPattern } from './loss-pattern.ts';
import { Observations } from './observations.ts';

/** The links of one case, each a relay to the server, with what happens to them. */
export class LinkRun {
  readonly seen: Observations;
  readonly relays: readonly Relay[];
  readonly #timers: NodeJS.Timeout[] = [];

  readonly #events: LinkEvents;
  #begun = false;

  private constructor(relays: readonly Relay[], seen: Observations, events: LinkEvents) {
    this.relays = relays;
    this.seen = seen;
    this.#events = events;
  }

  /** Opens a link for each path to the server's port. */
  static async open(one: LinkCase, serverPort: number): Promise<LinkRun> {
    const host = one.ipv6 === true ? '::1' : '127.0.0.1';
    const impairment = changeImpairment({} as Impairment, { ...RUNNER_LINK, ...one.link });
    const seen = new Observations();
    let toServer = 0;
    const { seed = 0, percent = 0 } = one.lossPattern ?? {};
    const isLost = {
      uplink: lossPattern(2 * seed, percent),
      downlink: lossPattern(2 * seed + 1, percent),
    };
    const relays: Relay[] = [];
    const run = new LinkRun(relays, seen, one.events ?? { kind: 'steady' });
    for (let path = 0; path < (one.paths ?? 1); path++) {
      relays.push(
        await Relay.open({
          listen: { host, port: 0 },
          remote: { host, port: serverPort },
          outside: host,
          uplink: impairment,
          downlink: impairment,
          admit: (direction, payload) => {
            run.#begin();
            seen.take(direction, payload);
            if (isLost[direction]()) return false;
            return direction === 'downlink' || one.dropToServer?.includes(++toServer) !== true;
          },
        }),
      );
    }
    return run;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const relay of this.relays) relay.close();
  }

  /** The clock of the events starts with the first datagram. */
  #begin(): void {
    const events = this.#events;
    const [first] = this.relays;
    if (this.#begun || first === undefined) return;
    this.#begun = true;
    if (events.kind === 'blackhole') {
      const { onMs, offMs } = events;
      this.#every(onMs, onMs + offMs, () => {
        silence(first, true);
        this.#timers.push(setTimeout(() => silence(first, false), offMs));
      });
    } else if (events.kind === 'rebind') {
      let count = 0;
      const { firstMs, everyMs, address } = events;
      this.#every(firstMs, everyMs, () => {
        count += 1;
        void first.rebind(address ? `127.0.0.${1 + (count % 200)}` : undefined);
      });
    } else if (events.kind === 'path down') {
      this.#timers.push(setTimeout(() => silence(first, true), events.atMs));
    }
  }

  #every(firstMs: number, everyMs: number, happen: () => void): void {
    const again = (): void => {
      happen();
      this.#timers.push(setTimeout(again, everyMs));
    };
    this.#timers.push(setTimeout(again, firstMs));
  }
}

function silence(relay: Relay, blackhole: boolean): void {
  for (const link of [relay.uplink, relay.downlink]) {
    link.impairment = changeImpairment(link.impairment, { blackhole });
  }
}
