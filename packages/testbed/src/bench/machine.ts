import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  /** Processes that wanted to run over the last minute, before the first bench: other work blurs figures. */
  readonly loadAverage: number;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    openssl: process.versions.openssl,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}
