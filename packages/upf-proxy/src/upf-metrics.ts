import type { UdpProxyCounters } from '@mpquic/masque';
import { addPathMetrics, type Counter, Metrics } from '@mpquic/service';
import type { ProxyServer } from './proxy-server.ts';
import type { PskRegistry } from './psk-registry.ts';
import type { SessionManager } from './session-manager.ts';
import type { UserPlane } from './user-plane/user-plane.ts';

/** The metrics of the UPF. */
export class UpfMetrics {
  readonly metrics: Metrics = new Metrics('upf-proxy', true);
  readonly pfcpDiscarded: Counter;

  constructor(
    registry: PskRegistry,
    sessions: SessionManager,
    proxy: ProxyServer,
    userPlane: UserPlane,
  ) {
    const { metrics } = this;
    metrics.gauge('mpq_n4_sessions', 'N4 sessions', [], () => sessions.size);
    metrics.gauge('mpq_psks', 'PSKs that a handshake can use', [], () => registry.size);
    metrics.gauge('mpq_psks_in_use', 'PSKs in use', [], () => registry.counts.inUse);
    metrics.gauge('mpq_quic_sessions', 'QUIC connections', [], () => proxy.sessionCount);
    this.#userTraffic(userPlane);
    addPathMetrics(metrics, () => userPlane.reports().flatMap(({ paths }) => paths));
    this.pfcpDiscarded = metrics.counter('mpq_pfcp_discarded_total', 'PFCP datagrams discarded');
  }

  #userTraffic(userPlane: UserPlane): void {
    const { metrics } = this;
    const udp = (count: (counters: UdpProxyCounters) => number) => (): number =>
      userPlane.reports().reduce((sum, report) => sum + count(report.udp), 0);
    metrics.gauge(
      'mpq_udp_tunnels',
      'CONNECT-UDP tunnels',
      [],
      udp(({ tunnels }) => tunnels),
    );
    metrics.gauge(
      'mpq_udp_uplink_octets',
      'UDP payload octets to the data network, over open connections',
      [],
      udp(({ uplinkOctets }) => uplinkOctets),
    );
    metrics.gauge(
      'mpq_udp_downlink_octets',
      'UDP payload octets from the data network, over open connections',
      [],
      udp(({ downlinkOctets }) => downlinkOctets),
    );
    metrics.gauge('mpq_ip_tunnels', 'CONNECT-IP tunnels', [], () =>
      userPlane.reports().reduce((sum, { ip }) => sum + (ip?.tunnels ?? 0), 0),
    );
  }
}
