// From the subscriber key to a QUIC connection: 5G-AKA, K_AMF, the PSK of Solution #4, a handshake with it.
// usage: node examples/dist/psk-from-aka.js
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { connect, listen } from '@mpquic/endpoint';
import {
  answerChallenge,
  deriveKAmf,
  deriveKSeaf,
  deriveSolution,
  findSolution,
  generateAuthenticationVector,
  milenage,
  SqnWindow,
  servingNetworkName,
} from '@mpquic/keys';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { formatAddress, fromHex, toHex } from '@mpquic/wire';

const supi = '001010123456789';
const network = servingNetworkName({ mcc: '001', mnc: '01' });
// Test set 1 of TS 35.208.
const functions = milenage(
  crypto,
  fromHex('465b5ce8b199b49faa5f0a2ee238a6bc'),
  fromHex('cd63cb71954a9f4e48a5994e37a02baf'),
);

// The home network challenges the UE, and the UE answers: both hold K_AUSF now.
const rand = crypto.random.fill(new Uint8Array(16));
const vector = generateAuthenticationVector(crypto, functions, 33, rand, network);
const answer = answerChallenge(crypto, functions, new SqnWindow(), rand, vector.autn, network);
if (!crypto.equal(answer.resStar, vector.xresStar)) throw new Error('RES* is wrong');

/** The PSK from K_AUSF, as UE and network derive it for PDU session 5 and COUNT 3. */
function derivePsk(kAusf: Uint8Array): ExternalPsk {
  const kSeaf = deriveKSeaf(crypto, kAusf, network).value;
  const kAmf = deriveKAmf(crypto, kSeaf, supi).value;
  const inputs = { keys: { K_AMF: kAmf }, supi, pduSessionId: 5, ulNasCount: 3 };
  const { psk, kid, steps } = deriveSolution(crypto, findSolution('4'), 'stored-count', inputs);
  for (const { name, s } of steps) process.stdout.write(`${name}: S = ${toHex(s)}\n`);
  return { identity: kid, key: psk, hash: 'sha256', mode: 'raw' };
}

const server = await listen(() => undefined, {
  alpn: 'example',
  requirePsk: true,
  psk: new InMemoryPskStore([derivePsk(vector.kAusf)]),
  endpoint: { address: '127.0.0.1:0' },
});
const [address] = server.addresses.map(formatAddress) as [string];
const session = await connect(address, { alpn: 'example', psk: derivePsk(answer.kAusf) });
const { cipher, psk } = await session.opened;
process.stdout.write(
  `${cipher}, authenticated by KID ${toHex(psk?.identity ?? new Uint8Array())}\n`,
);
await session.close();
await server.close();
