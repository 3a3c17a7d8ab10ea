import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EndpointOptions,
  QlogFolder,
  type SessionOptions,
  type TappedDatagram,
} from '@mpquic/endpoint';
import type { ConnectionObserver, ObservedPacket } from '@mpquic/quic';
import { CaptureFile } from '@mpquic/service';
import { TcpCapture } from './tls/tcp-capture.ts';

/** Datagrams that are captured at most; a failure later than that is in the qlog. */
const MAX_DATAGRAMS = 50_000;

/** What our side of a case did: capture with secrets, key log and qlog, in the folder of the case. */
export class CaseRecording {
  /** Kinds of packets and types of frames that our sessions received, both as `initial crypto`, and `dropped REASON`. */
  readonly received: Set<string> = new Set();
  /** For `connect` and `listen`, beside {@link endpoint}. */
  readonly session: Pick<SessionOptions, 'keylog' | 'observer'>;
  /** For the endpoint of a session. */
  readonly endpoint: Pick<EndpointOptions, 'tap' | 'keyLog'>;
  /** For cases over TCP. */
  readonly tcp: TcpCapture = new TcpCapture();
  readonly #folder: string;
  readonly #qlog: QlogFolder;
  readonly #capture: CaptureFile;
  #datagrams = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#qlog = new QlogFolder(join(folder, 'qlog'));
    this.#capture = new CaptureFile(join(folder, 'capture.pcapng'));
    this.session = {
      keylog: true,
      observer: (connection) => {
        const file = this.#qlog.observer(connection);
        return file === undefined ? undefined : this.#watch(file);
      },
    };
    this.endpoint = {
      tap: (datagram) => this.#take(datagram),
      keyLog: (line) => {
        appendFileSync(join(folder, 'keys.log'), `${line}\n`);
        this.#capture.addKeyLog(line);
      },
    };
  }

  close(): void {
    this.#qlog.close();
    this.#capture.close();
    this.tcp.write(this.#folder);
  }

  #take({ direction, local, remote, payload }: TappedDatagram): void {
    const sent = direction === 'sent';
    this.#datagrams += 1;
    if (this.#datagrams > MAX_DATAGRAMS) return;
    const [source, destination] = sent ? [local, remote] : [remote, local];
    this.#capture.tap({ interface: 'QUIC', transport: 'udp', source, destination, payload });
  }

  /** The qlog file, which also notes what comes. */
  #watch(file: ConnectionObserver): ConnectionObserver {
    const noted = file.packetReceived?.bind(file);
    file.packetReceived = (packet: ObservedPacket, now) => {
      this.received.add(packet.level);
      for (const { type } of packet.frames) {
        this.received.add(type).add(`${packet.level} ${type}`);
      }
      noted?.(packet, now);
    };
    const dropped = file.packetDropped?.bind(file);
    file.packetDropped = (reason, length, now) => {
      this.received.add(`dropped ${reason}`);
      dropped?.(reason, length, now);
    };
    return file;
  }
}
