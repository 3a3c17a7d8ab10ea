import { findSolution, importedPskContext } from '@mpquic/keys';
import { choice, hexBytes, ServiceFailure, type SettingsTable, text } from '@mpquic/service';
import { UsageError, wipe } from '@mpquic/wire';
import type { PskRegistry } from './psk-registry.ts';

/** A PSK that the operator writes into the UPF (Solution #Y). */
export interface ProvisionedPsk {
  readonly variant: 'per-ue-per-upf' | 'per-ue' | 'group';
  readonly kid: Uint8Array;
  /** 32 octets. */
  readonly key: Uint8Array;
  readonly mode: 'raw' | 'imported';
  /** IMSI of its UE, so that connections get the rules and the address of that UE's session. */
  readonly supi: string | undefined;
}

export const provisionedPskSettings: SettingsTable<ProvisionedPsk> = {
  variant: {
    kind: choice('per-ue-per-upf', 'per-ue', 'group'),
    default: 'per-ue',
    description: 'who shares it',
  },
  kid: { kind: hexBytes(1, 255), description: 'its identifier' },
  key: { kind: hexBytes(32), description: 'the PSK', secret: true },
  mode: { kind: choice('raw', 'imported'), default: 'raw', description: 'raw, or by RFC 9258' },
  supi: {
    kind: text('an IMSI of 5 to 15 digits', /^\d{5,15}$/),
    optional: true,
    description: 'IMSI of its UE: connections then belong to its session',
  },
};

/** A provisioned PSK belongs to no session: the context of its import names session 0. */
const NO_SESSION = 0;

/** Installs them for as long as the UPF runs, and wipes the settings' copies. @throws {ServiceFailure} status 2 */
export function installProvisioned(
  registry: PskRegistry,
  psks: readonly ProvisionedPsk[],
  upfId: string,
): void {
  const solutionCode = findSolution('Y').code;
  for (const { kid, key, mode, variant } of psks) {
    const context = importedPskContext({
      solutionCode,
      pduSessionId: NO_SESSION,
      upfId: variant === 'per-ue-per-upf' ? upfId : '',
    });
    try {
      registry.install({
        psk: {
          identity: kid,
          key,
          hash: 'sha256',
          mode,
          ...(mode === 'imported' ? { context } : {}),
        },
        solution: 'Y',
        variant,
        session: undefined,
        generation: 1,
        lifetime: undefined,
        keepOldUntilUsed: false,
      });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new ServiceFailure(2, `provisionedPsks: ${error.message}`);
    } finally {
      wipe(key);
    }
  }
}
