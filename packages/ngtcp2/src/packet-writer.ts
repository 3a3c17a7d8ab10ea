import { type Address, Ecn, type Transmit } from '@mpquic/wire';
import type { HostNumbers } from './host-numbers.ts';
import type { Shim } from './shim.ts';

interface Packet {
  readonly octets: Uint8Array;
  readonly local: Address;
  readonly remote: Address;
  readonly ecn: Ecn;
}

/** Collects the packets that ngtcp2 writes one by one into runs of equal size for one network path. */
export class PacketWriter {
  readonly #shim: Shim;
  readonly #hosts: HostNumbers;
  readonly #marksEcn: boolean;
  /** The packet that did not fit the run before. */
  #held: Packet | undefined;
  #packetsSent = 0;
  #bytesSent = 0;

  constructor(shim: Shim, hosts: HostNumbers, marksEcn: boolean) {
    this.#shim = shim;
    this.#hosts = hosts;
    this.#marksEcn = marksEcn;
  }

  get packetsSent(): number {
    return this.#packetsSent;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** `write` puts a packet into the outbox and returns its length, or what is not above 0 for none. */
  writeRun(into: Transmit, maxDatagrams: number, write: () => number): boolean {
    into.length = 0;
    into.datagrams = 0;
    while (into.datagrams < maxDatagrams) {
      const packet = this.#held ?? this.#take(write());
      this.#held = undefined;
      if (packet === undefined) break;
      if (!joins(packet, into)) {
        this.#held = { ...packet, octets: packet.octets.slice() };
        break;
      }
      this.#append(packet, into);
      if (packet.octets.length < into.segmentSize) break;
    }
    return into.datagrams > 0;
  }

  #take(length: number): Packet | undefined {
    if (length <= 0) return undefined;
    const { call } = this.#shim;
    const local = this.#hosts.local(call.path_local_host(), call.path_local_port());
    const remote = this.#hosts.remote(call.path_remote_host(), call.path_remote_port());
    // To a host that was forgotten, for all the others that came: as if lost.
    if (local === undefined || remote === undefined) return undefined;
    const ecn = this.#marksEcn ? (call.path_ecn() as Ecn) : Ecn.notEct;
    return { octets: this.#shim.view(this.#shim.outbox, length), local, remote, ecn };
  }

  #append({ octets, local, remote, ecn }: Packet, into: Transmit): void {
    if (into.datagrams === 0) {
      into.segmentSize = octets.length;
      into.local = local;
      into.remote = remote;
      into.ecn = ecn;
    }
    into.buffer.set(octets, into.start + into.length);
    into.length += octets.length;
    into.datagrams += 1;
    this.#packetsSent += 1;
    this.#bytesSent += octets.length;
  }
}

function joins({ octets, local, remote, ecn }: Packet, into: Transmit): boolean {
  if (into.datagrams === 0) return true;
  return (
    octets.length <= into.segmentSize &&
    local === into.local &&
    remote === into.remote &&
    ecn === into.ecn &&
    into.start + into.length + octets.length <= into.buffer.length
  );
}
