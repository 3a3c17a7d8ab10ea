// ngtcp2 as WebAssembly under this project's TLS and endpoint API: see packages/interop/src/engine.
import { runEnginePeer } from '../../dist/src/index.js';

await runEnginePeer(process.argv.slice(2));
