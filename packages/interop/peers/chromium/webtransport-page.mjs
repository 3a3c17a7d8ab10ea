// Runs in a page of Chromium: every case opens one session, and the console says whether all was as it should be.
const { port, name, bytes, datagrams, hash } = globalThis.given;
const GREETING = 'from the server';

async function open(path) {
  const value = Uint8Array.from(hash);
  const serverCertificateHashes = [{ algorithm: 'sha-256', value }];
  const url = `https://127.0.0.1:${port}${path}`;
  const session = new WebTransport(url, { serverCertificateHashes });
  session.closed.catch(() => undefined);
  await session.ready;
  return session;
}

async function readAll(readable) {
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

async function writeAll(writable, data) {
  const writer = writable.getWriter();
  await writer.write(data);
  await writer.close();
}

async function next(readable) {
  const reader = readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value;
}

function isSame(a, b) {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

const cases = {
  async streams() {
    const session = await open('/streams');
    const data = Uint8Array.from({ length: bytes }, (_, i) => i % 251);
    const stream = await session.createBidirectionalStream();
    const [echo] = await Promise.all([readAll(stream.readable), writeAll(stream.writable, data)]);
    await writeAll(await session.createUnidirectionalStream(), data.subarray(0, 5000));
    const answer = await readAll(await next(session.incomingUnidirectionalStreams));
    const greeting = await next(session.incomingBidirectionalStreams);
    const text = await readAll(greeting.readable);
    await writeAll(greeting.writable, text);
    const isGreeting = new TextDecoder().decode(text) === GREETING;
    return isSame(echo, data) && isSame(answer, data.subarray(0, 5000)) && isGreeting;
  },
  async datagrams() {
    const session = await open('/datagrams');
    const writer = session.datagrams.writable.getWriter();
    const reader = session.datagrams.readable.getReader();
    for (let i = 0; i < datagrams; i++) {
      await writer.write(new Uint8Array(500).fill(i));
      const { value } = await reader.read();
      if (!isSame(value, new Uint8Array(500).fill(i))) return false;
    }
    return true;
  },
  async close() {
    const session = await open('/close');
    const stream = await session.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    await writer.write(new TextEncoder().encode('x'));
    const reader = stream.readable.getReader();
    await reader.read();
    const error = (streamErrorCode) => new WebTransportError({ message: '', streamErrorCode });
    await Promise.all([writer.abort(error(42)), reader.cancel(error(43))]);
    const heard = await readAll(await next(session.incomingUnidirectionalStreams));
    session.close({ closeCode: 4242, reason: 'that is all' });
    await session.closed;
    return new TextDecoder().decode(heard) === 'heard';
  },
  async bye() {
    const session = await open('/bye');
    const { closeCode, reason } = await session.closed;
    return closeCode === 77 && reason === 'bye';
  },
  async refused() {
    const refused = await open('/nothing').catch((error) => error);
    return refused instanceof WebTransportError;
  },
};

const done = await cases[name]().then(
  (ok) => ({ ok }),
  (error) => ({ ok: false, error: String(error) }),
);
console.log(`DONE ${JSON.stringify(done)}`);
