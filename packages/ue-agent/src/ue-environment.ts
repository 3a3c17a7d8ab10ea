import type { CryptoProvider } from '@mpquic/crypto';
import type { DerivationStep } from '@mpquic/keys';
import type { Access, Snssai } from '@mpquic/nas';
import type { CaptureTap, EventSink, Logger } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import type { N1Receiver, N1Transport } from './nas/n1-transport.ts';

/** What every part of the UE works with. */
export interface UeEnvironment {
  readonly crypto: CryptoProvider;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly tap?: CaptureTap | undefined;
  /** Opens the N1 connection of an access. */
  readonly connectN1: (access: Access, receiver: N1Receiver) => Promise<N1Transport>;
  readonly policy: UePolicy;
}

/** What the UE supports and accepts. */
export interface UePolicy {
  /** Algorithm identities that it offers; 0 is the null algorithm. */
  readonly integrity: readonly number[];
  readonly encryption: readonly number[];
  readonly snssai: Snssai;
  readonly dnn: string;
  /** Milliseconds that the network may take for an answer: T3510, T3517, T3580 ... */
  readonly guardMs: number;
  /** False for a UE without the MPQUIC functionalities; all of them when absent. */
  readonly mpquic?: boolean;
}

/** Tells what the UE derived, step by step. */
export function recordSteps(
  events: EventSink,
  steps: readonly DerivationStep[],
  access?: Access,
): void {
  for (const step of steps) {
    events.record({
      type: 'key',
      holder: 'ue',
      name: step.name,
      key: step.keyName,
      fc: toHex(step.fc),
      s: step.s,
      value: step.value,
      secret: !IDENTIFIERS.has(step.name),
      ...(access === undefined ? {} : { access }),
    });
  }
}

/** Results that travel in the clear. */
const IDENTIFIERS: ReadonlySet<string> = new Set(['KID', 'Key ID', 'UPF_PSK ID']);
