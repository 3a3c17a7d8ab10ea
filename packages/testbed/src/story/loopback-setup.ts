import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findDelivery, findSolution, findVariant } from '@mpquic/keys';
import type { DemoTraffic } from './demo-traffic.ts';
import type { LoopbackNetwork } from './loopback-network.ts';

/** What varies between runs of the three roles on one machine. */
export interface LoopbackOptions {
  readonly solution: string;
  readonly variant?: string | undefined;
  readonly pskMode?: 'raw' | 'imported' | undefined;
  /** Where captures, key logs and qlog go. */
  readonly folder: string;
  /** Settings of the UE beyond those. */
  readonly ue?: Readonly<Record<string, unknown>>;
  /** Settings of the UPF beyond those. */
  readonly upf?: Readonly<Record<string, unknown>>;
  /** User traffic after the transfer. */
  readonly traffic?: DemoTraffic | undefined;
}

/** The settings of the three roles, as they would stand in their YAML files. */
export interface LoopbackSetup {
  readonly core: Readonly<Record<string, unknown>>;
  readonly upf: Readonly<Record<string, unknown>>;
  readonly ue: Readonly<Record<string, unknown>>;
  readonly observability: { readonly core: string; readonly upf: string };
}

const UPF_ID = 'upf-1.mpquic.example';
const SUPI = '001010123456789';

/** Last octets of the addresses. */
const HOST = { ue3gpp: 3, ueNon3gpp: 4, core: 5, upf3gpp: 7, upfNon3gpp: 8 } as const;
/** How long the UPF waits for a key that the solution sends it after the Accept. */
const HOLD_MS = 3_000;

/**
 * Everything on one loopback network, one subscriber whose K and OPc are new in every run.
 * @throws {UsageError} on a solution or variant that does not exist
 */
export function loopbackSetup(options: LoopbackOptions, network: LoopbackNetwork): LoopbackSetup {
  const core = network.host(HOST.core);
  const upf3gpp = network.host(HOST.upf3gpp);
  const upfNon3gpp = network.host(HOST.upfNon3gpp);
  const k = randomBytes(16).toString('hex');
  const opc = randomBytes(16).toString('hex');
  const { solution, variant, pskMode = 'raw', folder, traffic } = options;
  const shared = solution === 'Y' ? provisionedPsk(variant ?? 'per-ue-per-upf') : undefined;
  const metrics = { core: `${core}:9090`, upf: `${upf3gpp}:9090` };
  return {
    core: {
      n1ThreeGpp: `${core}:24501`,
      n1NonThreeGpp: `${core}:24502`,
      udmSbi: `${core}:29503`,
      ausfSbi: `${core}:29509`,
      amfSbi: `${core}:29518`,
      smfSbi: `${core}:29502`,
      n4: `${core}:8805`,
      upfs: [{ id: UPF_ID, n4: `${upf3gpp}:8805` }],
      subscribers: [{ supi: SUPI, k, opc, sqn: '000000000000' }],
      solution,
      ...(variant === undefined ? {} : { variant }),
      pskMode,
      capture: join(folder, 'core.pcapng'),
      ...traffic?.core,
      metrics: metrics.core,
      logLevel: 'warn',
    },
    upf: {
      nodeId: UPF_ID,
      n4: `${upf3gpp}:8805`,
      access3gpp: `${upf3gpp}:4433`,
      accessNon3gpp: `${upfNon3gpp}:4433`,
      requestPsk: solution === '6',
      ...(keyComesLate(solution, variant) ? { unknownKid: 'hold', holdMs: HOLD_MS } : {}),
      ...(shared === undefined ? {} : { provisionedPsks: [{ ...shared, mode: pskMode }] }),
      qlogDir: join(folder, 'qlog'),
      ...traffic?.upf,
      ...options.upf,
      metrics: metrics.upf,
      logLevel: 'warn',
    },
    ue: {
      supi: SUPI,
      k,
      opc,
      n1ThreeGpp: `${core}:24501`,
      n1NonThreeGpp: `${core}:24502`,
      local3gpp: network.host(HOST.ue3gpp),
      localNon3gpp: network.host(HOST.ueNon3gpp),
      keylog: join(folder, 'keys.log'),
      qlogDir: join(folder, 'qlog'),
      capture: join(folder, 'ue.pcapng'),
      report: join(folder, 'ue-report.json'),
      ...(shared === undefined ? {} : { provisionedPsks: [forUe(shared)] }),
      ...traffic?.ue,
      ...options.ue,
      logLevel: 'warn',
    },
    observability: { core: `http://${metrics.core}`, upf: `http://${metrics.upf}` },
  };
}

/** Steps 10a and 13 of Solution #3: the UE may be quicker than its key. */
function keyComesLate(id: string, variant: string | undefined): boolean {
  const solution = findSolution(id);
  return findDelivery(solution, findVariant(solution, variant)).installsAfterAccept === true;
}

/** Solution #Y: the same file of PSKs at the UE and at the UPF, as an operator would provision it. */
function provisionedPsk(variant: string): Record<string, string> {
  const kid = randomBytes(16).toString('hex');
  const key = randomBytes(32).toString('hex');
  return { variant, kid, key };
}

/** Only the variant with a PSK for each UPF names the UPF that it is for. */
function forUe(shared: Readonly<Record<string, string>>): Record<string, string> {
  return shared['variant'] === 'per-ue-per-upf' ? { ...shared, upfId: UPF_ID } : { ...shared };
}
