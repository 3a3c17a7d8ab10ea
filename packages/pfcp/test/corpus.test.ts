import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePfcp, encodePfcp } from '@mpquic/pfcp';
import { PFCP_CORPUS } from './corpus.ts';

for (const message of PFCP_CORPUS) {
  test(`${message.type} survives its encoding`, () => {
    const bytes = encodePfcp(message);
    const decoded = decodePfcp(bytes);
    assert.deepEqual(decoded, message);
    assert.deepEqual(encodePfcp(decoded), bytes);
  });
}
