import { Relay } from '@mpquic/access';
import { type Address, formatAddress } from '@mpquic/wire';
import { Stage, type StageOptions, type StageUe } from '../experiments/stage.ts';

/** One-way latencies of a run, in milliseconds. */
export interface Latencies {
  readonly n1: number;
  readonly n4: number;
  readonly sbi: number;
  readonly access: number;
}

/** How long a UPF waits for a key that is on its way. */
const HOLD_MS = 3_000;

/**
 * A stage with latencies on its interfaces, and relays with latency for the accesses. The UPF holds
 * handshakes, so that a UE may start as soon as it has its key.
 */
export function onLatentStage<T>(
  { core, ...options }: Omit<StageOptions, 'upf'>,
  latencies: Latencies,
  play: (stage: Stage, one: StageUe) => Promise<T>,
): Promise<T> {
  const { n1: n1LatencyMs, n4: n4LatencyMs, sbi: sbiLatencyMs } = latencies;
  const settings = {
    ...options,
    core: { ...core, n1LatencyMs, n4LatencyMs, sbiLatencyMs },
    upf: { unknownKid: 'hold', holdMs: HOLD_MS },
  };
  return Stage.with(settings, async (stage) => {
    const { access3gpp, accessNon3gpp } = stage.upf.proxies;
    const relays = [await relayTo(access3gpp, latencies), await relayTo(accessNon3gpp, latencies)];
    try {
      const [via3gpp, viaNon3gpp] = relays.map(({ address }) => formatAddress(address));
      return await play(stage, await stage.registeredUe(0, { via3gpp, viaNon3gpp }));
    } finally {
      for (const relay of relays) relay.close();
    }
  });
}

/** The middle one of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function relayTo(remote: Address, { access }: Latencies): Promise<Relay> {
  const link = {
    delayMs: access,
    jitterMs: 0,
    lossPercent: 0,
    duplicatePercent: 0,
    corruptPercent: 0,
    headerOctets: 0,
    reorderPercent: 0,
    rateMbit: 0,
    queueDatagrams: 1_000,
    mtu: 65_507,
    blackhole: false,
  };
  return Relay.open({
    listen: { host: '127.0.0.1', port: 0 },
    remote,
    outside: '127.0.0.1',
    uplink: link,
    downlink: link,
  });
}
