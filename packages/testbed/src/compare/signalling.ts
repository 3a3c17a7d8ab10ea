import type { InterfaceName, TimedRoleEvent } from '@mpquic/service';

/** Interfaces of the control plane whose messages are counted. N2 is the testbed's stand-in. */
export const CONTROL_INTERFACES: readonly ControlInterface[] = ['N1', 'N2', 'N4', 'SBI'];
export type ControlInterface = Exclude<InterfaceName, 'QUIC'>;

export interface Traffic {
  readonly messages: number;
  /** On the wire of the interface, without transport headers. */
  readonly bytes: number;
}

export type Signalling = { readonly [I in ControlInterface]: Traffic };

/** Messages and octets by interface. */
export function signallingOf(events: readonly TimedRoleEvent[]): Signalling {
  const count = (name: ControlInterface): Traffic => {
    const lengths = events.flatMap((event) =>
      event.type === 'message' && event.interface === name ? [event.length] : [],
    );
    return { messages: lengths.length, bytes: lengths.reduce((sum, length) => sum + length, 0) };
  };
  return mapInterfaces(count);
}

/** What one run has more than another, by interface. */
export function difference(run: Signalling, baseline: Signalling): Signalling {
  return mapInterfaces((name) => ({
    messages: run[name].messages - baseline[name].messages,
    bytes: run[name].bytes - baseline[name].bytes,
  }));
}

function mapInterfaces(make: (name: ControlInterface) => Traffic): Signalling {
  return Object.fromEntries(CONTROL_INTERFACES.map((name) => [name, make(name)])) as Signalling;
}
