/** A process whose memory wiped-keys.test.ts looks through: it holds keys until it is told to release them. */
import { nativeCryptoProvider } from '../src/crypto-provider.ts';
import { AEADS, DERIVATION, fillPattern, Part } from './key-patterns.ts';

const crypto = nativeCryptoProvider();
if (crypto === undefined) throw new Error('there is no addon');

// Outside of JavaScript's heap, where the garbage collector would leave copies behind.
const memory = new Uint8Array(4096);
const sealers = AEADS.map(({ aead, length, seed }) => {
  const key = fillPattern(memory.subarray(0, length), seed + Part.key);
  const iv = fillPattern(memory.subarray(100, 112), seed + Part.iv);
  const mask = fillPattern(memory.subarray(200, 200 + length), seed + Part.headerProtectionKey);
  return crypto.createSealer({ aead, key, iv, headerProtectionKey: mask });
});
sealers.push(crypto.deriveSealer(DERIVATION, fillPattern(memory.subarray(0, 32), Part.secret)));
memory.fill(0);

process.once('message', () => {
  for (const sealer of sealers) sealer.dispose();
  process.once('message', () => process.disconnect());
  process.send?.('released');
});
process.send?.('installed');
