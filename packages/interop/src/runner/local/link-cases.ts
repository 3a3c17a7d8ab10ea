import type { Impairment } from '@mpquic/access';
import type { ConnectionResult } from '../runner-client.ts';
import type { Observations } from './observations.ts';

/** What happens to a link while a case runs. */
export type LinkEvents =
  | { readonly kind: 'steady' }
  /** Nothing passes for `offMs` after every `onMs`. */
  | { readonly kind: 'blackhole'; readonly onMs: number; readonly offMs: number }
  /** The NAT forgets: another port, or another address. */
  | {
      readonly kind: 'rebind';
      readonly firstMs: number;
      readonly everyMs: number;
      readonly address: boolean;
    }
  /** The first path goes silent for good. */
  | { readonly kind: 'path down'; readonly atMs: number };

/** What a case came to, for its check. */
export interface CaseEvidence {
  /** The qlog files of the client. */
  readonly clientQlog: string;
  readonly connections: readonly ConnectionResult[];
  readonly seen: Observations;
  /** Seconds from the first datagram to the last. */
  readonly seconds: number;
  readonly octets: number;
}

/** One test case of the runner over the link that it prescribes. conformance.md */
export interface LinkCase {
  readonly name: string;
  readonly client: string;
  readonly server: string;
  /** Lengths of the files, in octets. */
  readonly files: readonly number[];
  readonly nameLength?: number;
  readonly link?: Partial<Impairment>;
  /** Loses the same datagrams of each direction whenever it is used, so that runs can be compared. */
  readonly lossPattern?: { readonly percent: number; readonly seed: number };
  readonly events?: LinkEvents;
  readonly paths?: 1 | 2;
  readonly ipv6?: boolean;
  /** The client goes past the link, which carries no ECN marks. */
  readonly pastLink?: boolean;
  /** Clients that download the same at once, over the same link. Default 1. */
  readonly clients?: number;
  /** Datagrams towards the server that are lost, by their number from 1. */
  readonly dropToServer?: readonly number[];
  /** Certificates in the server's chain. Default 2. */
  readonly chainLength?: number;
  readonly timeoutMs?: number;
  /** Left out of a quick run. */
  readonly slow?: boolean;
  /** A remark, or a thrown failure. */
  readonly check: (evidence: CaseEvidence) => string | undefined;
}

/** Bits per second of {@link RUNNER_LINK}. */
export const LINK_RATE = 10_000_000;

/** The runner's default link: 15 ms, 10 Mbit/s, 25 packets; IPv4, UDP and PPP take rate too. */
export const RUNNER_LINK: Partial<Impairment> = {
  delayMs: 15,
  rateMbit: 10,
  queueDatagrams: 25,
  headerOctets: 30,
};

/** Lengths of files, in octets. */
export const KILO = 1024;
export const MEGA: number = 1024 * KILO;

/** A case that has one name at both ends. */
export function both(name: string): Pick<LinkCase, 'client' | 'server'> {
  return { client: name, server: name };
}
