// Runs every compiled test file in this one process; node:test schedules them.
// usage: node scripts/run-tests.mjs [NAME...]    only files whose path holds every NAME
import { existsSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const wanted = process.argv.slice(2);
for (const name of readdirSync('packages')) {
  const folder = `packages/${name}/dist/test`;
  const source = `packages/${name}/test`;
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder, { recursive: true })) {
    const path = `${folder}/${file}`;
    if (!path.endsWith('.test.js') || !wanted.every((word) => path.includes(word))) continue;
    if (!existsSync(`${source}/${file}`.replace(/\.js$/, '.ts'))) continue;
    await import(pathToFileURL(path).href);
  }
}
