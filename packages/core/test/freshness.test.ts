import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaPduSession, Ue } from '@mpquic/ue-agent';
import { toHex } from '@mpquic/wire';
import { type Fixture, SUBSCRIBER, startFixture, until } from './core-fixture.ts';

/** What the second key of a run is to the first: the table of the brief, section 6.8, as measured here. */
type Freshness = 'new' | 'same';

interface Row {
  readonly solution: string;
  readonly variant: string;
  /** The same PDU session ID is established again under the same K_AMF. */
  readonly reestablished: Freshness;
  /** The same PDU session ID with the same NAS COUNT over the other access. */
  readonly otherAccess: Freshness;
  /** CM-IDLE to CM-CONNECTED with the session kept. */
  readonly idleToConnected: Freshness;
  /** The network renews the key after a new K_AMF. */
  readonly afterKAmfChange: Freshness;
  /** Whether UE and UPF still agree after an Xn handover and a new derivation. */
  readonly agreesAfterXn: boolean;
}

/** The UPF of the tests gives every session another address: that is what the IP variants hang on. */
const TABLE: readonly Row[] = [
  row('1', 'k-gnb', 'new', 'new', 'new', 'new', false),
  row('1', 'k-amf', 'new', 'same', 'new', 'new', true),
  row('2', 'k-amf-psi', 'same', 'same', 'same', 'new', true),
  row('2', 'k-amf-ip', 'new', 'new', 'same', 'new', true),
  row('2', 'k-smf-psi', 'same', 'same', 'same', 'new', true),
  row('3', 'k-amf-psi', 'same', 'same', 'same', 'new', true),
  row('4', 'stored-count', 'new', 'same', 'same', 'new', true),
  row('4', 'access-bound', 'new', 'new', 'same', 'new', true),
  row('5', 'literal', 'same', 'same', 'same', 'new', true),
  row('5', 'fresh', 'new', 'same', 'same', 'new', true),
  row('6', 'push-key', 'new', 'new', 'same', 'new', true),
  row('6', 'push-rand', 'new', 'new', 'same', 'new', true),
];

function row(
  solution: string,
  variant: string,
  reestablished: Freshness,
  otherAccess: Freshness,
  idleToConnected: Freshness,
  afterKAmfChange: Freshness,
  agreesAfterXn: boolean,
): Row {
  return {
    solution,
    variant,
    reestablished,
    otherAccess,
    idleToConnected,
    afterKAmfChange,
    agreesAfterXn,
  };
}

const CELL = { physicalCellId: 3, downlinkFrequency: 632_628 };

for (const expected of TABLE) {
  const { solution, variant } = expected;
  test(`freshness of solution #${solution} ${variant}`, async () => {
    const measured: Row = {
      solution,
      variant,
      reestablished: await inRun(expected, async (run) => {
        const first = await run.key('3gpp');
        await run.release();
        return compare(first, await run.key('3gpp'));
      }),
      otherAccess: await inRun(expected, async (run) => {
        const first = await run.key('3gpp');
        await run.release();
        return compare(first, await run.key('non-3gpp'));
      }),
      idleToConnected: await inRun(expected, async (run) => {
        const first = await run.key('3gpp');
        run.ue.goIdle('3gpp');
        await run.ue.requestService('3gpp');
        return compare(first, run.current);
      }),
      afterKAmfChange: await inRun(expected, async (run) => {
        const first = await run.key('3gpp');
        await run.amf('reauthenticate');
        await until(() => run.installed >= 2);
        await until(() => run.current === run.atUpf);
        return compare(first, run.current);
      }),
      agreesAfterXn: await inRun(expected, async (run) => {
        await run.amf('hand-over', CELL);
        run.ue.handOver({ ...CELL, radio: 'gNB' });
        await run.key('3gpp');
        return run.current === run.atUpf;
      }),
    };
    assert.deepEqual(measured, expected);
  });
}

function compare(first: string, second: string): Freshness {
  return first === second ? 'same' : 'new';
}

/** A UE registered over both accesses, and the one session that a run asks for. */
class Run {
  readonly ue: Ue;
  readonly #fixture: Fixture;
  readonly #onDemand: boolean;
  #session: MaPduSession | undefined;

  constructor(fixture: Fixture, ue: Ue, onDemand: boolean) {
    this.#fixture = fixture;
    this.ue = ue;
    this.#onDemand = onDemand;
  }

  get current(): string {
    return toHex(this.#session?.psk?.key ?? new Uint8Array());
  }

  get atUpf(): string {
    return this.#fixture.upf.psks.at(-1)?.psk ?? '';
  }

  get installed(): number {
    return this.#fixture.upf.psks.length;
  }

  /** Establishes session 5 over an access, and gives the key that the UE has for it. */
  async key(access: '3gpp' | 'non-3gpp'): Promise<string> {
    const { upf } = this.#fixture;
    const before = upf.psks.length;
    this.#session = await this.ue.establishSession(5, access);
    if (this.#onDemand) for (const seid of upf.sessions.keys()) upf.requestPsk(seid);
    await this.ue.derivePsk(this.#session);
    await until(() => upf.psks.length > before);
    return this.current;
  }

  async release(): Promise<void> {
    await this.ue.releaseSession(this.#session as MaPduSession);
    await until(() => this.#fixture.core.counts().sessions === 0);
  }

  async amf(operation: string, body: object = {}): Promise<void> {
    const path = `/x-testbed-namf-control/v1/ue-contexts/imsi-${SUBSCRIBER.supi}/${operation}`;
    await this.#fixture.core.sbi.call('amf', { method: 'POST', path, body });
  }
}

async function inRun<T>({ solution, variant }: Row, run: (run: Run) => Promise<T>): Promise<T> {
  const fixture = await startFixture({
    solution,
    variant,
    onKAmfChange: 'rekey',
  });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.register('non-3gpp');
    return await run(new Run(fixture, ue, solution === '6'));
  } finally {
    await fixture.stop();
  }
}
