import { ByteWriter } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';
import { encodeFrame, FrameType } from './frame.ts';
import { StreamType } from './peer-streams.ts';
import { encodeSettings, type Http3Settings } from './settings.ts';
import { StreamWriter } from './stream-writer.ts';
import type { Http3Transport } from './transport.ts';

/** This side's control stream and QPACK streams. RFC 9114 §6.2.1, RFC 9204 §4.2 */
export class LocalStreams {
  readonly #control: StreamWriter;
  readonly #encoder: StreamWriter;
  readonly #decoder: StreamWriter;

  /** Opens them. @throws {Http3ConnectionError} where the peer allows fewer than three. RFC 9114 §6.2 */
  constructor(transport: Http3Transport, settings: Http3Settings) {
    const frame = encodeFrame(FrameType.settings, encodeSettings(settings));
    this.#control = open(transport, StreamType.control, frame);
    this.#encoder = open(transport, StreamType.qpackEncoder);
    this.#decoder = open(transport, StreamType.qpackDecoder);
  }

  owns(streamId: number): boolean {
    return this.#all().some((writer) => writer.streamId === streamId);
  }

  /** RFC 9114 §5.2 */
  writeGoaway(id: number): void {
    const payload = new ByteWriter().varint(id).finish();
    this.#control.write(encodeFrame(FrameType.goaway, payload), false);
  }

  writeDecoderInstructions(instructions: Uint8Array): void {
    this.#decoder.write(instructions, false);
  }

  /** The stream takes more again. */
  flush(streamId: number): void {
    for (const writer of this.#all()) if (writer.streamId === streamId) writer.flush();
  }

  #all(): readonly StreamWriter[] {
    return [this.#control, this.#encoder, this.#decoder];
  }
}

function open(transport: Http3Transport, type: number, first: Uint8Array = NOTHING): StreamWriter {
  const streamId = transport.openStream('uni');
  if (streamId === undefined) {
    throw new Http3ConnectionError('H3_GENERAL_PROTOCOL_ERROR', 'no stream for control');
  }
  const writer = new StreamWriter(transport, streamId);
  writer.write(new ByteWriter(first.length + 8).varint(type).bytes(first).finish(), false);
  return writer;
}

const NOTHING = new Uint8Array();
