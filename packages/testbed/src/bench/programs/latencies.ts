/** Of one exchange, in microseconds. */
export interface Latencies {
  readonly exchanges: number;
  readonly p50: number;
  readonly p99: number;
  /** Of this process. */
  readonly cpuMicroseconds: number;
}

/** Times `exchange`, one after the other, for so many milliseconds. */
export async function timeExchanges(
  milliseconds: number,
  exchange: () => Promise<void>,
): Promise<Latencies> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const end = performance.now() + milliseconds;
  for (let before = performance.now(); before < end; ) {
    await exchange();
    const now = performance.now();
    times.push((now - before) * 1000);
    before = now;
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const percentile = (share: number): number => times[Math.floor(times.length * share)] as number;
  return {
    exchanges: times.length,
    p50: percentile(0.5),
    p99: percentile(0.99),
    cpuMicroseconds: user + system,
  };
}
