import { type Counter, type Histogram, Metrics } from '@mpquic/service';

/** The metrics of the core. */
export class CoreMetrics {
  readonly metrics: Metrics;
  readonly registrations: Counter<'access' | 'result'>;
  readonly authentications: Counter<'result'>;
  readonly nasDiscarded: Counter<'reason'>;
  readonly sessions: Counter<'result'>;
  readonly sessionSeconds: Histogram;
  readonly pskInstalled: Counter<'solution'>;
  readonly pskDeleted: Counter<'reason'>;
  readonly pfcpMessages: Counter<'direction' | 'message'>;
  readonly pfcpErrors: Counter<'reason'>;

  constructor(processMetrics = false) {
    this.metrics = new Metrics('core', processMetrics);
    const { metrics } = this;
    this.registrations = metrics.counter('mpq_registrations_total', 'Registrations', [
      'access',
      'result',
    ]);
    this.authentications = metrics.counter('mpq_authentications_total', '5G-AKA runs', ['result']);
    this.nasDiscarded = metrics.counter('mpq_nas_discarded_total', 'Dropped uplink NAS messages', [
      'reason',
    ]);
    this.sessions = metrics.counter('mpq_ma_pdu_sessions_total', 'Session requests', ['result']);
    this.sessionSeconds = metrics.histogram(
      'mpq_session_setup_seconds',
      'From the request of a session to its Accept',
      [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
    );
    this.pskInstalled = metrics.counter('mpq_psk_installed_total', 'PSKs brought to a UPF', [
      'solution',
    ]);
    this.pskDeleted = metrics.counter('mpq_psk_deleted_total', 'PSKs deleted at a UPF', ['reason']);
    this.pfcpMessages = metrics.counter('mpq_pfcp_messages_total', 'PFCP messages', [
      'direction',
      'message',
    ]);
    this.pfcpErrors = metrics.counter('mpq_pfcp_errors_total', 'PFCP failures', ['reason']);
  }
}
