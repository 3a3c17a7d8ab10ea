import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceGenerated } from '../src/cli/generated-part.ts';

test('only the generated part of a document is replaced', () => {
  const first = replaceGenerated('# Title\n\nBefore.\n', 'bench', 'one');
  const second = replaceGenerated(`${first}\nAfter.\n`, 'bench', 'two');
  assert.match(second, /^# Title\n\nBefore\.\n/);
  assert.match(second, /two/);
  assert.doesNotMatch(second, /\none\n/);
  assert.match(second, /After\.\n$/);
});
