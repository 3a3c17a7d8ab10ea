import type { MessagePort } from 'node:worker_threads';
import type { TappedDatagram, WorkerPlace } from '@mpquic/endpoint';
import type { LogLevel, RoleEvent } from '@mpquic/service';
import type { ExternalPsk } from '@mpquic/tls';
import type { PlaneSettings } from '../local-plane.ts';
import type { KnownSession, PlaneReport } from '../proxy-plane.ts';

/** Messages that may be lost and are under way, in memory that both threads share: see `telling.ts`. */
export interface UnderWay {
  /** Events and captured datagrams, to the main thread. */
  readonly news: Int32Array<SharedArrayBuffer>;
  /** Packets from UEs and to them. */
  readonly uplink: Int32Array<SharedArrayBuffer>;
  readonly downlink: Int32Array<SharedArrayBuffer>;
}

/** What a worker begins with. */
export interface WorkerStart {
  readonly place: WorkerPlace;
  readonly settings: PlaneSettings;
  /** Addresses for connections that belong to no session; more are asked for as they are used. */
  readonly spareAddresses: readonly string[];
  readonly qlogDir: string | undefined;
  /** Whether key log lines and datagrams are wanted. */
  readonly keyLog: boolean;
  readonly capture: boolean;
  readonly log: { readonly level: LogLevel; readonly pretty: boolean };
  /** Whether the main thread has a TUN device. */
  readonly tun: boolean;
  readonly underWay: UnderWay;
}

/** A PSK for one handshake. The key is the worker's: it wipes it. */
export interface FoundPsk {
  readonly psk: ExternalPsk;
  readonly session: KnownSession | undefined;
}

/** What the main thread tells a worker. */
export type ToWorker =
  | {
      readonly type: 'psks';
      readonly id: number;
      readonly found: readonly (FoundPsk | undefined)[];
    }
  | {
      readonly type: 'drop';
      readonly kid: Uint8Array;
      readonly reason: string;
      readonly afterSeconds: number;
    }
  | { readonly type: 'rules'; readonly session: KnownSession }
  | { readonly type: 'address'; readonly address: string }
  /** A packet for the client that was attached with this number. */
  | {
      readonly type: 'deliver';
      readonly id: number;
      readonly packet: Uint8Array<ArrayBuffer>;
    }
  | { readonly type: 'report'; readonly id: number }
  /** Another worker has the place `index` now. */
  | { readonly type: 'neighbour'; readonly index: number; readonly port: MessagePort }
  | { readonly type: 'stop' };

/** A datagram as a socket sent or received it. */
export type CapturedDatagram = Omit<TappedDatagram, 'wallTime'>;

/** What a worker tells the main thread. */
export type FromWorker =
  | { readonly type: 'ready' }
  /** It cannot serve, and ends. */
  | { readonly type: 'failed'; readonly problem: string }
  /** A ClientHello came with these identities. */
  | { readonly type: 'lookup'; readonly id: number; readonly identities: readonly Uint8Array[] }
  | { readonly type: 'used'; readonly kid: Uint8Array }
  | { readonly type: 'event'; readonly event: RoleEvent }
  /** A secret. */
  | { readonly type: 'keyLog'; readonly line: string }
  | { readonly type: 'captured'; readonly datagram: CapturedDatagram }
  | { readonly type: 'report'; readonly id: number; readonly report: PlaneReport }
  /** Packets for these addresses are for a client here. */
  | {
      readonly type: 'attach';
      readonly id: number;
      readonly addresses: readonly Uint8Array[];
    }
  | { readonly type: 'detach'; readonly id: number }
  /** For the kernel. */
  | { readonly type: 'packet'; readonly packet: Uint8Array<ArrayBuffer> }
  | { readonly type: 'addressTaken' }
  | { readonly type: 'addressReturned'; readonly address: string };
