import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CloseReason,
  type ConnectionObserver,
  type ObservedPacket,
  type PathSnapshot,
  QlogWriter,
  type TransportParameters,
} from '@mpquic/quic';
import { type Address, type Instant, toHex } from '@mpquic/wire';

/** Connections that are written at most; a server's later ones go without. */
const MAX_FILES = 1000;
/** Characters that are collected before they are written. */
const BATCH = 65_536;

/** A folder that gets one qlog file for each connection, `<first connection ID>_<role>.sqlog`. */
export class QlogFolder {
  readonly #folder: string;
  readonly #files: QlogFile[] = [];

  /** @throws {Error} of node:fs where the folder cannot be made */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  /** For the option `observer` of sessions; bound, so that it can be handed on. */
  readonly observer = (connection: {
    readonly role: 'client' | 'server';
  }): ConnectionObserver | undefined => {
    if (this.#files.length >= MAX_FILES) return undefined;
    const file = new QlogFile(this.#folder, connection.role);
    this.#files.push(file);
    return file;
  };

  /** Writes what is still collected. */
  close(): void {
    for (const file of this.#files) file.flush();
  }
}

/** One connection's trace: it begins when the connection has its name. */
class QlogFile implements ConnectionObserver {
  readonly #folder: string;
  readonly #role: 'client' | 'server';
  #writer: QlogWriter | undefined;
  #path = '';
  #pending = '';
  #batch: number = BATCH;

  constructor(folder: string, role: 'client' | 'server') {
    this.#folder = folder;
    this.#role = role;
  }

  flush(): void {
    if (this.#pending === '') return;
    const records = this.#pending;
    this.#pending = '';
    try {
      appendFileSync(this.#path, records);
    } catch {
      // A full disk ends the trace, not the connection.
      this.#writer = undefined;
    }
  }

  connectionStarted(local: Address, remote: Address, now: Instant, id: Uint8Array): void {
    const groupId = toHex(id);
    this.#path = join(this.#folder, `${groupId}_${this.#role}.sqlog`);
    this.#writer = new QlogWriter({
      role: this.#role,
      groupId,
      startedAt: now,
      wallClockTime: new Date().toISOString(),
      write: (record) => this.#write(record),
    });
    this.#writer.connectionStarted(local, remote, now);
  }

  parametersSet(parameters: TransportParameters, by: 'local' | 'peer', now: Instant): void {
    this.#writer?.parametersSet(parameters, by, now);
  }

  connectionClosed(reason: CloseReason, now: Instant): void {
    this.#writer?.connectionClosed(reason, now);
    this.#batch = 0;
    this.flush();
  }

  packetSent(packet: ObservedPacket, now: Instant): void {
    this.#writer?.packetSent(packet, now);
  }

  packetReceived(packet: ObservedPacket, now: Instant): void {
    this.#writer?.packetReceived(packet, now);
  }

  packetDropped(reason: string, length: number, now: Instant): void {
    this.#writer?.packetDropped(reason, length, now);
  }

  packetLost(pathId: number, packetNumber: number, trigger: string, now: Instant): void {
    this.#writer?.packetLost(pathId, packetNumber, trigger, now);
  }

  recoveryMetrics(path: PathSnapshot, now: Instant): void {
    this.#writer?.recoveryMetrics(path, now);
  }

  pathUpdated(path: PathSnapshot, now: Instant): void {
    this.#writer?.pathUpdated(path, now);
  }

  keyUpdated(keyPhase: number, by: 'local' | 'peer', now: Instant): void {
    this.#writer?.keyUpdated(keyPhase, by, now);
  }

  #write(record: string): void {
    this.#pending += record;
    if (this.#pending.length > this.#batch) this.flush();
  }
}
