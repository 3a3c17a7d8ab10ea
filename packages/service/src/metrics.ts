import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/**
 * The metrics of one process in Prometheus form. Base units, `_total` on counters, few label values:
 * never a connection ID, a KID, a SUPI or a key.
 */
export class Metrics {
  readonly registry: Registry = new Registry();

  /** @param processMetrics whether CPU, memory and event-loop figures of the process are added */
  constructor(role: string, processMetrics = false) {
    this.registry.setDefaultLabels({ role });
    if (processMetrics) collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
  ): Counter<L> {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  gauge<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    read?: () => number | Promise<number>,
  ): Gauge<L> {
    return new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(read === undefined
        ? {}
        : {
            async collect(this: Gauge<L>): Promise<void> {
              this.set(await read());
            },
          }),
    });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly L[] = [],
  ): Histogram<L> {
    const labelNames = [...labels];
    const registers = [this.registry];
    return new Histogram({ name, help, buckets: [...buckets], labelNames, registers });
  }
}
