import { type Counter, Metrics } from '@mpquic/service';
import type { ProxyServer } from './proxy-server.ts';
import type { PskRegistry } from './psk-registry.ts';
import type { SessionManager } from './session-manager.ts';

/** The metrics of the UPF. */
export class UpfMetrics {
  readonly metrics: Metrics = new Metrics('upf-proxy', true);
  readonly pfcpDiscarded: Counter;

  constructor(registry: PskRegistry, sessions: SessionManager, proxy: ProxyServer) {
    const { metrics } = this;
    metrics.gauge('mpq_n4_sessions', 'N4 sessions', [], () => sessions.size);
    metrics.gauge('mpq_psks', 'PSKs that a handshake can use', [], () => registry.size);
    metrics.gauge('mpq_psks_in_use', 'PSKs in use', [], () => registry.counts.inUse);
    metrics.gauge('mpq_quic_sessions', 'QUIC connections', [], () => proxy.sessionCount);
    this.pfcpDiscarded = metrics.counter('mpq_pfcp_discarded_total', 'PFCP datagrams discarded');
  }
}
