/** The roles of a stage, on free ports of this machine. */
import { type CoreConfiguration, coreSettings } from '@mpquic/core';
import { type EventLog, type Lifecycle, loadConfiguration, silentLogger } from '@mpquic/service';
import { startUpf, type Upf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress } from '@mpquic/wire';
import type { ProvisionedAtBoth, StageOptions, Subscriber } from './stage.ts';

export const SERVING_NETWORK = '5G:mnc001.mcc001.3gppnetwork.org';
export const SMF_INSTANCE_ID = '5f1c0a30-0000-4000-8000-0000000005af';
/** How long a UE or a network function waits for an answer, in milliseconds. */
export const GUARD_MS = 3_000;
const ANY_PORT = '127.0.0.1:0';

/** The FQDN of the UPF of that index. */
export function upfId(index: number): string {
  return `upf-${index + 1}.mpquic.example`;
}

/** The UPFs of a stage. @throws {ServiceFailure} */
export async function startUpfs(
  { upfCount = 1, solution, pskMode = 'raw', upf, certificate }: StageOptions,
  provisioned: ProvisionedAtBoth | undefined,
  lifecycle: Lifecycle,
  events: EventLog,
): Promise<Upf[]> {
  const upfs: Upf[] = [];
  for (let index = 0; index < upfCount; index++) {
    const settings = loadConfiguration(upfSettings, {
      role: 'upf-proxy',
      flags: {
        nodeId: upfId(index),
        n4: ANY_PORT,
        access3gpp: ANY_PORT,
        accessNon3gpp: ANY_PORT,
        requestPsk: solution === '6',
        uePool: `10.6${index}.0.1`,
        ...(provisioned === undefined
          ? {}
          : { provisionedPsks: [{ ...provisioned, mode: pskMode }] }),
        ...upf,
      },
    });
    const parts = { logger: silentLogger(), events, certificate: certificate?.certificate };
    upfs.push(await startUpf(settings, lifecycle, parts));
  }
  return upfs;
}

/** What the core of a stage is set to. */
export function coreConfiguration(
  { solution, variant, delivery, pskMode = 'raw', core, certificate }: StageOptions,
  upfs: readonly Upf[],
  subscribers: readonly Subscriber[],
  { sbiTransport }: { readonly sbiTransport: 'http2' | 'local' },
): CoreConfiguration {
  return loadConfiguration(coreSettings, {
    role: 'core',
    flags: {
      n1ThreeGpp: ANY_PORT,
      n1NonThreeGpp: ANY_PORT,
      n4: ANY_PORT,
      udmSbi: ANY_PORT,
      ausfSbi: ANY_PORT,
      amfSbi: ANY_PORT,
      smfSbi: ANY_PORT,
      sbiTransport,
      smfInstanceId: SMF_INSTANCE_ID,
      guardMs: GUARD_MS,
      upfs: upfs.map(({ n4 }, index) => ({ id: upfId(index), n4: formatAddress(n4) })),
      subscribers,
      solution,
      serverAuthentication: certificate === undefined ? 'psk' : 'certificate',
      pskMode,
      ...(variant === undefined ? {} : { variant }),
      ...(delivery === undefined ? {} : { delivery }),
      ...core,
    },
  });
}
