import type { UdpProxyCounters } from '@mpquic/masque';
import { addPathMetrics, type Counter, Metrics } from '@mpquic/service';
import type { SessionManager } from './n4/session-manager.ts';
import type { PlaneReport, ProxyPlane } from './proxy/proxy-plane.ts';
import type { PskRegistry } from './psk/psk-registry.ts';

/** The metrics of the UPF. */
export class UpfMetrics {
  readonly metrics: Metrics = new Metrics('upf-proxy', true);
  readonly pfcpDiscarded: Counter;
  readonly workersReplaced: Counter;
  readonly #plane: ProxyPlane;
  /** One for all figures of a scrape. */
  #report: Promise<PlaneReport> | undefined;

  constructor(registry: PskRegistry, sessions: SessionManager, plane: ProxyPlane) {
    const { metrics } = this;
    this.#plane = plane;
    metrics.gauge('mpq_n4_sessions', 'N4 sessions', [], () => sessions.size);
    metrics.gauge('mpq_psks', 'PSKs that a handshake can use', [], () => registry.size);
    metrics.gauge('mpq_psks_in_use', 'PSKs in use', [], () => registry.counts.inUse);
    this.#fromReport('mpq_quic_sessions', 'QUIC connections', ({ connections }) => connections);
    this.#userTraffic();
    addPathMetrics(metrics, async () => {
      const { userTraffic } = await this.#reportNow();
      return userTraffic.flatMap(({ paths }) => paths);
    });
    this.pfcpDiscarded = metrics.counter('mpq_pfcp_discarded_total', 'PFCP datagrams discarded');
    this.workersReplaced = metrics.counter(
      'mpq_workers_replaced_total',
      'Worker threads that died and were replaced',
    );
  }

  #userTraffic(): void {
    const udp = (count: (counters: UdpProxyCounters) => number) => (report: PlaneReport) =>
      report.userTraffic.reduce((sum, each) => sum + count(each.udp), 0);
    this.#fromReport(
      'mpq_udp_tunnels',
      'CONNECT-UDP tunnels',
      udp(({ tunnels }) => tunnels),
    );
    this.#fromReport(
      'mpq_udp_uplink_octets',
      'UDP payload octets to the data network, over open connections',
      udp(({ uplinkOctets }) => uplinkOctets),
    );
    this.#fromReport(
      'mpq_udp_downlink_octets',
      'UDP payload octets from the data network, over open connections',
      udp(({ downlinkOctets }) => downlinkOctets),
    );
    this.#fromReport('mpq_ip_tunnels', 'CONNECT-IP tunnels', ({ userTraffic }) =>
      userTraffic.reduce((sum, { ip }) => sum + (ip?.tunnels ?? 0), 0),
    );
  }

  #fromReport(name: string, help: string, value: (report: PlaneReport) => number): void {
    this.metrics.gauge(name, help, [], async () => value(await this.#reportNow()));
  }

  #reportNow(): Promise<PlaneReport> {
    this.#report ??= this.#plane.report().finally(() => {
      this.#report = undefined;
    });
    return this.#report;
  }
}
