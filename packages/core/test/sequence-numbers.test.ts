import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EventLog, ServiceFailure } from '@mpquic/service';
import type { Ue } from '@mpquic/ue-agent';
import type { Core } from '../src/index.ts';
import { SequenceNumberFile } from '../src/udm/sequence-number-file.ts';
import {
  createUe,
  type Fixture,
  SUBSCRIBER,
  startFixture,
  type UeFixtureOptions,
} from './core-fixture.ts';

async function inFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mpquic-sqn-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function challenges({ events }: Fixture): number {
  return events.events.filter(
    (event) => event.type === 'message' && event.name === 'AUTHENTICATION REQUEST',
  ).length;
}

/** One UE that outlives the cores which it registers at. */
class LongLivedUe {
  readonly #ue: Ue;
  #fixture: Fixture | undefined;

  constructor(options: UeFixtureOptions = {}) {
    const coreOf = (): Core => this.#fixture?.core ?? assert.fail('no core');
    this.#ue = createUe(coreOf, new EventLog(), options);
  }

  /** Registers at a core that starts for that, and tells how often the core challenged the USIM. */
  async register(settings: Parameters<typeof startFixture>[0]): Promise<number> {
    const fixture = await startFixture(settings);
    this.#fixture = fixture;
    try {
      await this.#ue.register('3gpp');
      return challenges(fixture);
    } finally {
      await fixture.stop();
    }
  }
}

test('a core that starts again goes on with the sequence numbers of its file', async () => {
  await inFolder(async (folder) => {
    const sqnFile = join(folder, 'sqn.json');
    const ue = new LongLivedUe();
    for (let run = 0; run < 3; run++) {
      assert.equal(await ue.register({ sqnFile }), 1, `run ${run}`);
    }
    const kept = JSON.parse(readFileSync(sqnFile, 'utf8')) as Record<string, number>;
    assert.deepEqual(Object.keys(kept), [SUBSCRIBER.supi]);
  });
});

test('without a file the USIM refuses a number that it knows, and the core resynchronises by AUTS', async () => {
  const ue = new LongLivedUe();
  assert.equal(await ue.register({}), 1);
  assert.equal(await ue.register({}), 2);
});

test('of the file and the provisioned number the higher one counts', async () => {
  await inFolder(async (folder) => {
    const sqnFile = join(folder, 'sqn.json');
    writeFileSync(sqnFile, JSON.stringify({ [SUBSCRIBER.supi]: 64 }));
    const subscribers = [{ ...SUBSCRIBER, sqn: '000000010000' }];
    const ue = new LongLivedUe({ sqn: 0xffff });
    assert.equal(await ue.register({ sqnFile, subscribers }), 1);
  });
});

test('a file that holds something else ends the start with one line', async () => {
  await inFolder(async (folder) => {
    const sqnFile = join(folder, 'sqn.json');
    for (const text of [
      '',
      '[]',
      '{"x":1}',
      '{"001010123456789":-1}',
      '{"001010123456789":2e99}',
    ]) {
      writeFileSync(sqnFile, text);
      await assert.rejects(startFixture({ sqnFile }), (error) => {
        assert.ok(error instanceof ServiceFailure);
        assert.match(error.message, /sqnFile: .* holds no sequence numbers/);
        return error.status === 2;
      });
    }
  });
});

test('what was kept last is in the file once it is closed', async () => {
  await inFolder((folder) => {
    const path = join(folder, 'sqn.json');
    const file = SequenceNumberFile.open(path);
    file.keep('00101', 32);
    file.keep('00101', 64);
    file.close();
    assert.equal(SequenceNumberFile.open(path).find('00101'), 64);
  });
});
