import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  eciesPublicKey,
  NULL_SCHEME_PROFILE,
  ProtectionScheme,
  type SuciProfile,
} from '@mpquic/keys';
import type { SolutionId } from '@mpquic/nas';
import { EventLog, silentLogger } from '@mpquic/service';
import { type PskPolicy, Ue, UeFailure, Usim } from '../src/index.ts';
import { HOME_NETWORK_PRIVATE_KEY, IMSI, K, OPC, PLMN, ScriptedAmf } from './scripted-amf.ts';

const ALL: readonly SolutionId[] = ['1', '2', '3', '4', '5', '6', 'Y'];

export const PROFILE_A: SuciProfile = {
  routingIndicator: '12',
  scheme: ProtectionScheme.profileA,
  homeNetworkPublicKeyId: 27,
  homeNetworkPublicKey: eciesPublicKey(ProtectionScheme.profileA, HOME_NETWORK_PRIVATE_KEY),
};

export interface FixtureOptions {
  readonly suci?: SuciProfile;
  /** Highest sequence number that the USIM has seen. */
  readonly sqn?: number;
  readonly guardMs?: number;
  readonly integrity?: readonly number[];
  readonly encryption?: readonly number[];
  readonly psk?: Partial<PskPolicy & { readonly solutions: readonly SolutionId[] }>;
}

/** A UE and the network that it talks to. */
export function createUe(options: FixtureOptions = {}): {
  readonly ue: Ue;
  readonly amf: ScriptedAmf;
  readonly events: EventLog;
} {
  const amf = new ScriptedAmf();
  const events = new EventLog();
  const ue = new Ue({
    environment: {
      crypto: nodeCryptoProvider,
      events,
      logger: silentLogger(),
      connectN1: (access, receiver) => amf.connect(access, receiver),
      policy: {
        integrity: options.integrity ?? [2],
        encryption: options.encryption ?? [2, 0],
        snssai: { sst: 1 },
        dnn: 'internet',
        guardMs: options.guardMs ?? 20_000,
      },
    },
    usim: new Usim(nodeCryptoProvider, {
      imsi: IMSI,
      plmn: PLMN,
      k: K,
      opc: OPC,
      sqn: options.sqn ?? 0,
      suci: options.suci ?? NULL_SCHEME_PROFILE,
    }),
    plmn: PLMN,
    psk: { solutions: ALL, countRule: 'stored', provisioned: [], ...options.psk },
  });
  return { ue, amf, events };
}

/** Waits until it holds, two seconds at most; what is asserted next then tells. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000 && !holds(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export function isFailure(error: unknown, reason: UeFailure['reason']): boolean {
  return error instanceof UeFailure && error.reason === reason;
}
