import type { WebTransportNativeSession } from './native-session.ts';
import type { WebTransportNativeStream } from './native-stream.ts';

/** What @fails-components/webtransport wants to be told, by the object that it sets as `jsobj`. */
export interface StreamCallbacks {
  /** Where octets of the stream are to be put. */
  getReadBuffer(wanted: { byteSize: number }): ReadBuffer;
  commitReadBuffer(filled: ReadBuffer | { fin: true }): { stopReading?: boolean };
  onStreamWrite(event: { success: boolean }): void;
  onStreamRecvSignal(event: { code: number; nettask: 'resetStream' | 'stopSending' }): void;
  onStreamNetworkFinish(event: { nettask: StreamTask }): void;
}

export type StreamTask = 'stopSending' | 'resetStream' | 'streamFinal';

export interface ReadBuffer {
  readonly buffer: Uint8Array;
  readBytes: number;
  drained?: boolean;
  fin: boolean;
}

/** How much more a queue of the application is to hold; negative where it holds too much. */
export interface QueueController {
  readonly desiredSize: number | null;
}

export interface SessionCallbacks {
  /** The queues from which the application takes streams and datagrams. */
  readonly incomBiDiController?: QueueController;
  readonly incomUniDiController?: QueueController;
  readonly incomDatagramController_?: QueueController | undefined;
  /** In octets. */
  readonly incomDatagramControllerBytes_?: QueueController | undefined;
  onReady(event: { protocol?: string }): void;
  onClose(event: { errorcode: number; error: string }): void;
  onDatagramReceived(event: { datagram: Uint8Array }): void;
  onGoAwayReceived(event: object): void;
  onSessionStats(event: SessionFigures): void;
  onDatagramStats(event: DatagramFigures): void;
  onStream(event: {
    stream: WebTransportNativeStream;
    bidirectional: boolean;
    incoming: boolean;
    sendGroupId?: bigint;
    sendOrder: number;
  }): void;
}

/** `timestamp` in milliseconds since 1970. */
export interface DatagramFigures {
  readonly timestamp: number;
  readonly expiredOutgoing: number;
  readonly lostOutgoing: number;
}

/** Times in milliseconds. */
export interface SessionFigures extends DatagramFigures {
  readonly minRtt: number;
  readonly smoothedRtt: number;
  readonly rttVariation: number;
  readonly estimatedSendRateBps: number;
}

export interface ClientCallbacks {
  onClientConnected(event: { success: boolean }): void;
  onClientWebTransportSupport(event: object): void;
  onClientError(event: { errorcode: number; error: string }): void;
  onHttpWTSessionVisitor(event: { session: WebTransportNativeSession; reliable: boolean }): void;
}

/** Pseudo-header fields and fields by name; `wt-available-protocols` as a list. */
export type RequestFields = Readonly<Record<string, string | readonly string[]>>;

export interface ServerCallbacks {
  onServerListening(event: { port: number; host: string }): void;
  onServerError(error: Error): void;
  onServerClose(event: object): void;
  onSessionRequest(event: {
    header: RequestFields;
    peerAddress: string;
    session: object;
    protocol: string;
  }): void;
  onHttpWTSessionVisitor(event: {
    session: WebTransportNativeSession;
    path: string;
    header: RequestFields;
    peerAddress: string;
    userData: object;
    reliable: boolean;
  }): void;
}
