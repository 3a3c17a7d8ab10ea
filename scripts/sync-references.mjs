// Writes the project references of every tsconfig.json from the dependencies of its package.json.
// usage: node scripts/sync-references.mjs [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const check = process.argv.includes('--check');
const scope = '@mpquic/';
const packages = readdirSync('packages').filter((name) =>
  existsSync(`packages/${name}/package.json`),
);
let stale = 0;

function put(file, value) {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (check) {
    process.stderr.write(
      `${file} does not follow package.json: run node scripts/sync-references.mjs\n`,
    );
    stale += 1;
  } else {
    writeFileSync(file, text);
  }
}

for (const name of packages) {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  const references = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((dependency) => dependency.startsWith(scope))
    .map((dependency) => ({ path: `../${dependency.slice(scope.length)}` }));
  put(`packages/${name}/tsconfig.json`, {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: '.', outDir: 'dist' },
    include: ['src', 'test'],
    references,
  });
}
put('tsconfig.json', {
  files: [],
  references: [...packages.map((name) => ({ path: `packages/${name}` })), { path: 'examples' }],
});
process.exitCode = stale === 0 ? 0 : 1;
