import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DemoTraffic } from './demo-traffic.ts';

/** What varies between runs of the three roles on one machine. */
export interface LoopbackOptions {
  readonly solution: string;
  readonly variant?: string | undefined;
  readonly pskMode?: 'raw' | 'imported' | undefined;
  /** Where captures, key logs and qlog go. */
  readonly folder: string;
  /** Settings of the UE beyond those. */
  readonly ue?: Readonly<Record<string, unknown>>;
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

const CORE = '127.0.0.5';
const UPF_3GPP = '127.0.0.7';
const UPF_NON_3GPP = '127.0.0.8';
const UE_3GPP = '127.0.0.3';
const UE_NON_3GPP = '127.0.0.4';
const UPF_ID = 'upf-1.mpquic.example';
const SUPI = '001010123456789';

/** Everything on 127.0.0.x, one subscriber whose K and OPc are new in every run. */
export function loopbackSetup(options: LoopbackOptions): LoopbackSetup {
  const k = randomBytes(16).toString('hex');
  const opc = randomBytes(16).toString('hex');
  const { solution, variant, pskMode = 'raw', folder, traffic } = options;
  const shared = solution === 'Y' ? provisionedPsk(variant ?? 'per-ue-per-upf') : undefined;
  const metrics = { core: `${CORE}:9090`, upf: `${UPF_3GPP}:9090` };
  return {
    core: {
      n1ThreeGpp: `${CORE}:24501`,
      n1NonThreeGpp: `${CORE}:24502`,
      udmSbi: `${CORE}:29503`,
      ausfSbi: `${CORE}:29509`,
      amfSbi: `${CORE}:29518`,
      smfSbi: `${CORE}:29502`,
      n4: `${CORE}:8805`,
      upfs: [{ id: UPF_ID, n4: `${UPF_3GPP}:8805` }],
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
      n4: `${UPF_3GPP}:8805`,
      access3gpp: `${UPF_3GPP}:4433`,
      accessNon3gpp: `${UPF_NON_3GPP}:4433`,
      requestPsk: solution === '6',
      ...(shared === undefined ? {} : { provisionedPsks: [{ ...shared, mode: pskMode }] }),
      qlogDir: join(folder, 'qlog'),
      ...traffic?.upf,
      metrics: metrics.upf,
      logLevel: 'warn',
    },
    ue: {
      supi: SUPI,
      k,
      opc,
      n1ThreeGpp: `${CORE}:24501`,
      n1NonThreeGpp: `${CORE}:24502`,
      local3gpp: UE_3GPP,
      localNon3gpp: UE_NON_3GPP,
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
