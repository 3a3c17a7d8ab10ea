import type { DatagramRoute } from '@mpquic/http3';
import type { IpFlow } from './ip-forwarder.ts';

/** Flows that are remembered; beyond it all are asked for anew. */
const LIMIT = 4_096;

/** The route of each flow, asked for once. */
export class FlowRoutes {
  readonly #routeOf: (flow: IpFlow) => DatagramRoute | undefined;
  readonly #known = new Map<number | string, DatagramRoute | undefined>();

  constructor(routeOf: (flow: IpFlow) => DatagramRoute | undefined) {
    this.#routeOf = routeOf;
  }

  find(flow: IpFlow): DatagramRoute | undefined {
    const key = keyOf(flow);
    const known = this.#known.get(key);
    if (known !== undefined || this.#known.has(key)) return known;
    if (this.#known.size >= LIMIT) this.#known.clear();
    const route = this.#routeOf(flow);
    this.#known.set(key, route);
    return route;
  }

  /** The rules changed. */
  clear(): void {
    this.#known.clear();
  }
}

/** A number where that is exact: an address of 32 bits, a port, and one of three protocols. */
function keyOf({ protocol, address, port = 0 }: IpFlow): number | string {
  const known = PROTOCOL_KEYS.indexOf(protocol);
  if (address.length !== 4 || known < 0) return `${protocol} ${address.join(' ')} ${port}`;
  let number = 0;
  for (let i = 0; i < 4; i++) number = number * 256 + (address[i] as number);
  return (number * 65_536 + port) * 4 + known;
}

/** ICMP, TCP, UDP. */
const PROTOCOL_KEYS: readonly number[] = [1, 6, 17];
