import { DatagramReader, type PacketHeader } from '@mpquic/quic';
import { toHex } from '@mpquic/wire';

/** What can be seen of connections from outside, as the runner does with its captures. */
export class Observations {
  /** Source connection IDs of the server's Initial packets: one for each handshake. */
  readonly serverInitials: Set<string> = new Set();
  /** Versions of the server's Handshake packets. */
  readonly handshakeVersions: Set<number> = new Set();
  retries = 0;
  /** Initial packets of clients that carry a token. */
  initialsWithToken = 0;
  /** Octets that the server sent before a Handshake packet of the client came. */
  octetsBeforeValidation = 0;
  /** Octets that the client sent until then. */
  octetsOfClientBefore = 0;
  zeroRttPackets = 0;
  /** Milliseconds from the first datagram to the last. */
  duration = 0;
  #firstAt: number | undefined;
  readonly #reader = new DatagramReader();
  #validated = false;

  /** Takes one datagram. */
  take(direction: 'uplink' | 'downlink', payload: Uint8Array): void {
    const now = performance.now();
    this.#firstAt ??= now;
    this.duration = now - this.#firstAt;
    if (!this.#validated) {
      if (direction === 'uplink') this.octetsOfClientBefore += payload.length;
      else this.octetsBeforeValidation += payload.length;
    }
    this.#reader.begin(payload, 0, payload.length, 0);
    for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
      if (packet.type === 'application') break;
      if (direction === 'uplink') this.#takeOfClient(packet);
      else this.#takeOfServer(packet, payload);
    }
  }

  #takeOfClient({ type, tokenLength }: PacketHeader): void {
    if (type === 'early') this.zeroRttPackets += 1;
    else if (type === 'handshake') this.#validated = true;
    else if (type === 'initial' && tokenLength > 0) this.initialsWithToken += 1;
  }

  #takeOfServer(packet: PacketHeader, payload: Uint8Array): void {
    const { type, sourceStart, sourceLength, versionNumber } = packet;
    const source = payload.subarray(sourceStart, sourceStart + sourceLength);
    if (type === 'retry') this.retries += 1;
    else if (type === 'initial') this.serverInitials.add(toHex(source));
    else if (type === 'handshake') this.handshakeVersions.add(versionNumber);
  }
}
