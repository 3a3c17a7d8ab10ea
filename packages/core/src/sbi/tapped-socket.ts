import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import type { CaptureTap } from '@mpquic/service';
import { type Address, plainOctets } from '@mpquic/wire';

/** A TCP connection to `peer` whose octets, both ways, a capture sees. */
export function connectTapped(peer: Address, tap: CaptureTap): Duplex {
  const socket = connect({ host: peer.host, port: peer.port, noDelay: true });
  const seen = (sent: boolean, payload: Uint8Array): void => {
    const local = { host: socket.localAddress ?? peer.host, port: socket.localPort ?? 0 };
    const [source, destination] = sent ? [local, peer] : [peer, local];
    tap({ interface: 'SBI', transport: 'tcp', source, destination, payload });
  };
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  const tapped = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Uint8Array, _encoding, done) {
      const payload = plainOctets(chunk);
      // Before the connection is there it has no local address to show.
      void connected.then(() => {
        seen(true, payload);
        socket.write(payload, done);
      });
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Uint8Array) => {
    const payload = plainOctets(chunk);
    seen(false, payload);
    if (!tapped.push(payload)) socket.pause();
  });
  socket.on('end', () => tapped.push(null));
  socket.on('error', (error) => tapped.destroy(error));
  return tapped;
}
