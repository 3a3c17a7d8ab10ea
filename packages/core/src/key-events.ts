import type { DerivationStep } from '@mpquic/keys';
import type { AccessName, EventSink, Lifeline } from '@mpquic/service';
import { toHex } from '@mpquic/wire';

/** Tells the sink who computed what, step by step. */
export function recordSteps(
  events: EventSink,
  holder: Lifeline,
  steps: readonly DerivationStep[],
  access?: AccessName,
): void {
  for (const step of steps) {
    events.record({
      type: 'key',
      holder,
      name: step.name,
      key: step.keyName,
      fc: toHex(step.fc),
      s: step.s,
      value: step.value,
      secret: !IDENTIFIERS.test(step.name),
      ...(access === undefined ? {} : { access }),
    });
  }
}

/** Results that travel in the clear. */
const IDENTIFIERS = /^(?:KID|Key ID|UPF[_ ]PSK[_ ]ID|UPF Key ID)$/i;
