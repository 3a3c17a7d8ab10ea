import { nobleCryptoProvider, nodeCryptoProvider } from '../src/index.ts';
import { rfc9001Compliance } from './compliance/rfc9001-appendix-a.ts';

for (const crypto of [nodeCryptoProvider, nobleCryptoProvider]) rfc9001Compliance(crypto);
