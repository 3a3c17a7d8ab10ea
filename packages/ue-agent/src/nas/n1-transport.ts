import { connect, type Socket } from 'node:net';
import { EnvelopeError, EnvelopeSplitter, writeEnvelope } from '@mpquic/nas';
import { type CaptureTap, describeFailure } from '@mpquic/service';
import { type Address, formatAddress, plainOctets } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';

/** Carries the NAS messages of one access, in order. */
export interface N1Transport {
  readonly local: Address;
  readonly remote: Address;
  send(message: Uint8Array): void;
  /** Ends the signalling connection. */
  close(): void;
}

/** Takes what arrives. */
export interface N1Receiver {
  /** One NAS message, lent for the call. */
  receive(message: Uint8Array): void;
  /** The connection is over, by whichever side. */
  ended(): void;
}

export interface N1Options {
  readonly address: Address;
  readonly timeoutMs: number;
  readonly tap?: CaptureTap | undefined;
}

/**
 * Connects to an AMF: NAS messages over TCP, each behind its length of two octets. TS 24.502 §9.4
 * @throws {UeFailure} `connection_lost` where nothing answers
 */
export async function connectN1(receiver: N1Receiver, options: N1Options): Promise<N1Transport> {
  const { address, tap } = options;
  const socket = await openSocket(options);
  const local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  const splitter = new EnvelopeSplitter();
  socket.on('data', (buffer: Uint8Array) => {
    const chunk = plainOctets(buffer);
    tap?.({
      interface: 'N1',
      transport: 'tcp',
      source: address,
      destination: local,
      payload: chunk,
    });
    try {
      for (const message of splitter.receive(chunk)) receiver.receive(message);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => receiver.ended());
  return {
    local,
    remote: address,
    send(message) {
      if (socket.destroyed) return;
      const payload = writeEnvelope(message);
      tap?.({ interface: 'N1', transport: 'tcp', source: local, destination: address, payload });
      socket.write(payload);
    },
    close: () => socket.destroySoon(),
  };
}

function openSocket({ address, timeoutMs }: N1Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const refuse = (reason: string, error?: unknown): void => {
      socket.destroy();
      reject(new UeFailure('connection_lost', `core: ${reason}`, error));
    };
    const timer = setTimeout(
      () => refuse(`${formatAddress(address)} does not answer: check that it runs`),
      timeoutMs,
    );
    const failed = (error: Error): void => {
      clearTimeout(timer);
      refuse(describeFailure(error), error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
