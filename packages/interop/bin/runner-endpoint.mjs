#!/usr/bin/env node
// One end of a test case of the QUIC interop runner; its environment says all (packages/interop/README.md).
import { runRunnerEndpoint } from '../dist/src/runner/runner-endpoint.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort());
const print = (line) => process.stdout.write(`${line}\n`);
process.exitCode = await runRunnerEndpoint({ variables: process.env, print, signal: stop.signal });
