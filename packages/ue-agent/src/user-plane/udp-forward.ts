import type { Socket } from 'node:dgram';
import { type Logger, openUdpSocket } from '@mpquic/service';
import { plainOctets, UsageError } from '@mpquic/wire';
import { FlowTable, type OpenFlow } from './flow-table.ts';
import type { FlowTarget } from './user-flow.ts';

/** A local UDP port whose datagrams go to one target through the UPF. */
export interface ForwardRule {
  /** Local address; loopback when absent. */
  readonly host: string;
  readonly port: number;
  readonly target: FlowTarget;
}

/** Octets: applications send in bursts. */
const BUFFER_SIZE = 2 << 20;

/** `udp/5353=10.0.0.1:53` or `udp/127.0.0.2:5353=[2001:db8::1]:53`. */
export const FORWARD: RegExp =
  /^udp\/(?:(\[[^\]]+\]|[^:/]+):)?(\d{1,5})=(\[[^\]]+\]|[^:]+):(\d{1,5})$/;

/** A rule of the form {@link FORWARD}. @throws {UsageError} */
export function parseForward(text: string): ForwardRule {
  const [, host, port, targetHost, targetPort] = FORWARD.exec(text) ?? [];
  const local = Number(port);
  const remote = Number(targetPort);
  if (targetHost === undefined || local > 65_535 || remote < 1 || remote > 65_535) {
    throw new UsageError(`"${text}" is no forward: write udp/5353=10.0.0.1:53`);
  }
  return {
    host: withoutBrackets(host ?? '127.0.0.1'),
    port: local,
    target: { host: withoutBrackets(targetHost), port: remote },
  };
}

/** A local port forward: one flow for each local sender. */
export class UdpForward {
  readonly #socket: Socket;
  readonly #flows: FlowTable;
  readonly #rule: ForwardRule;

  private constructor(socket: Socket, flows: FlowTable, rule: ForwardRule) {
    this.#socket = socket;
    this.#flows = flows;
    this.#rule = rule;
    socket.on('message', (payload, { address, port }) => {
      flows.send(`${address} ${port}`, rule.target, plainOctets(payload), (answer) => {
        socket.send(answer, port, address);
      });
    });
    // An answer that a local application does not take any more.
    socket.on('error', () => undefined);
  }

  /** Rejects with the system's error where the port cannot be bound. */
  static async listen(rule: ForwardRule, openFlow: OpenFlow, logger: Logger): Promise<UdpForward> {
    const socket = await openUdpSocket(rule);
    socket.setRecvBufferSize(BUFFER_SIZE);
    return new UdpForward(socket, new FlowTable({ openFlow, logger }), rule);
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  get target(): FlowTarget {
    return this.#rule.target;
  }

  get flows(): FlowTable {
    return this.#flows;
  }

  close(): Promise<void> {
    this.#flows.close();
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
