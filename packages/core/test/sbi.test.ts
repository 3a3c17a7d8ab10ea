import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { test } from 'node:test';
import { noEvents } from '@mpquic/service';
import { type Address, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { decodeContent, encodeContent, MAX_CONTENT_LENGTH } from '../src/sbi/content.ts';
import { SbiHttp2Client } from '../src/sbi/http2-client.ts';
import { SbiNetwork } from '../src/sbi/network.ts';
import { SbiProblem } from '../src/sbi/problem.ts';
import { type Route, Router } from '../src/sbi/router.ts';
import { array, hex, integer, object, oneOf, optional, string } from '../src/sbi/shape.ts';

const ANY: Address = { host: '127.0.0.1', port: 0 };

const echo: readonly Route[] = [
  {
    method: 'POST',
    path: '/echo/v1/{name}/things',
    operation: 'Echo',
    handle: ({ body, parts = [] }, { name }) => ({
      status: 201,
      location: `/echo/v1/${encodeURIComponent(name as string)}`,
      body: { name, body },
      parts,
    }),
  },
  {
    method: 'GET',
    path: '/fails',
    operation: 'Fails',
    handle: () => {
      throw new SbiProblem(403, 'N1_SM_ERROR', 'no');
    },
  },
  {
    method: 'GET',
    path: '/breaks',
    operation: 'Breaks',
    handle: () => {
      throw new Error('defect');
    },
  },
];

test('JSON and binary parts survive the wire', () => {
  const part = fc.record(
    {
      contentId: fc.constantFrom('n1', 'n2'),
      contentType: fc.constantFrom(
        'application/vnd.3gpp.5gnas' as const,
        'application/vnd.3gpp.ngap' as const,
      ),
      bytes: fc.uint8Array({ maxLength: 300 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(part, { minLength: 1, maxLength: 3 }), (body, parts) => {
      const json = body === null ? {} : (JSON.parse(JSON.stringify(body)) as unknown);
      const encoded = encodeContent({ body: json, parts });
      assert.ok(encoded);
      const decoded = decodeContent(encoded.contentType, encoded.bytes);
      assert.deepEqual(decoded, { body: json, parts });
    }),
  );
});

test('any body of any type is read or refused as the client error that it is', () => {
  const types = fc.constantFrom(
    'application/json',
    'multipart/related; boundary=x',
    'multipart/related; type="application/json"; boundary="mpquic-testbed-part"',
    'multipart/related',
    'text/plain',
    '',
  );
  const near = fc
    .array(fc.constantFrom('--x', '\r\n', '--x--', 'Content-Type: application/json', '{}', ':'))
    .map((pieces) => utf8(pieces.join('')));
  fc.assert(
    fc.property(types, fc.oneof(fc.uint8Array({ maxLength: 200 }), near), (type, bytes) => {
      try {
        decodeContent(type, bytes);
      } catch (error) {
        assert.ok(error instanceof SbiProblem, String(error));
        assert.ok(error.status >= 400 && error.status < 500);
      }
    }),
    { numRuns: 500 },
  );
});

test('a body that is too long is refused', () => {
  assert.throws(
    () => decodeContent('application/json', new Uint8Array(MAX_CONTENT_LENGTH + 1)),
    (error) => error instanceof SbiProblem && error.status === 413,
  );
});

test('a shape reads what fits and refuses anything else, by place', () => {
  const shape = object({
    supi: string(/^imsi-\d+$/),
    session: optional(object({ id: integer(1, 15), key: hex(2), accesses: array(oneOf('A'), 2) })),
  });
  assert.deepEqual(
    shape.read({ supi: 'imsi-1', extra: 1, session: { id: 5, key: '00ff', accesses: ['A'] } }, ''),
    { supi: 'imsi-1', session: { id: 5, key: Uint8Array.of(0, 255), accesses: ['A'] } },
  );
  for (const [value, message] of [
    [null, /the body is not an object/],
    [{}, /\/supi is missing/],
    [{ supi: 'imsi-1', session: { id: 16 } }, /\/session\/id is not an integer from 1 to 15/],
    [{ supi: 'imsi-1', session: { id: 1, key: '0' } }, /\/session\/key/],
    [{ supi: 'imsi-1', session: { id: 1, key: '0011', accesses: ['B'] } }, /accesses\/0/],
  ] as const) {
    assert.throws(() => shape.read(value, ''), message);
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        shape.read(value, '');
      } catch (error) {
        assert.ok(error instanceof SbiProblem && error.status === 400);
      }
    }),
  );
});

test('a router finds the operation, and every failure becomes an answer', async () => {
  const router = new Router(echo);
  assert.equal(router.find('POST', '/echo/v1/a%20b/things')?.parameters['name'], 'a b');
  assert.equal(router.find('GET', '/echo/v1/x/things'), undefined);
  assert.equal(router.find('POST', '/echo/v1/%ff/things'), undefined);
  assert.equal(router.find('POST', '/echo/v1//things'), undefined);
  for (const [path, status] of [
    ['/nowhere', 404],
    ['/fails', 403],
    ['/breaks', 500],
  ] as const) {
    assert.equal((await router.handle({ method: 'GET', path })).status, status);
  }
});

for (const transport of ['http2', 'local'] as const) {
  test(`network functions call each other over ${transport}`, async () => {
    const addresses = { udm: ANY, ausf: ANY, amf: ANY, smf: ANY };
    const network = new SbiNetwork({ addresses, transport, events: noEvents });
    try {
      await network.serve('smf', echo);
      const bytes = Uint8Array.of(0x2e, 5, 1, 0xc1);
      const response = await network.consumer('amf').call('smf', {
        method: 'POST',
        path: '/echo/v1/a%2Fb/things',
        body: { dnn: 'internet' },
        parts: [{ contentId: 'n1', contentType: 'application/vnd.3gpp.5gnas', bytes }],
      });
      assert.equal(response.status, 201);
      assert.equal(response.location, '/echo/v1/a%2Fb');
      assert.deepEqual(response.body, { name: 'a/b', body: { dnn: 'internet' } });
      assert.deepEqual([...(response.parts?.[0]?.bytes ?? [])], [...bytes]);
      await assert.rejects(
        network.consumer('amf').call('smf', { method: 'GET', path: '/fails' }),
        (error) =>
          error instanceof SbiProblem && error.status === 403 && error.problem === 'N1_SM_ERROR',
      );
    } finally {
      await network.close();
    }
  });
}

test('many calls at once share one connection', async () => {
  const addresses = { udm: ANY, ausf: ANY, amf: ANY, smf: ANY };
  const network = new SbiNetwork({ addresses, transport: 'http2', events: noEvents });
  try {
    await network.serve('amf', echo);
    const calls = Array.from({ length: 600 }, (_, i) =>
      network.consumer('smf').call('amf', {
        method: 'POST',
        path: `/echo/v1/${i}/things`,
        body: i,
      }),
    );
    const names = (await Promise.all(calls)).map(({ body }) => (body as { name: string }).name);
    assert.deepEqual(
      names,
      Array.from({ length: 600 }, (_, i) => String(i)),
    );
  } finally {
    await network.close();
  }
});

test('a network function that is not there is a problem of status 503, and a later call finds it', async () => {
  const addresses = { udm: ANY, ausf: ANY, amf: ANY, smf: ANY };
  const network = new SbiNetwork({ addresses, transport: 'http2', events: noEvents });
  await network.serve('udm', echo);
  const address = network.addressOf('udm');
  const client = new SbiHttp2Client(address);
  assert.equal((await client.request({ method: 'GET', path: '/fails' })).status, 403);
  await network.close();
  await assert.rejects(
    client.request({ method: 'GET', path: '/fails' }),
    (error) =>
      error instanceof SbiProblem &&
      error.status === 503 &&
      error.message.includes('start it first'),
  );
  const again = new SbiNetwork({
    addresses: { ...addresses, udm: address },
    transport: 'http2',
    events: noEvents,
  });
  await again.serve('udm', echo);
  assert.equal((await client.request({ method: 'GET', path: '/fails' })).status, 403);
  client.close();
  await again.close();
});

test('a request of 70,000 octets and an unknown content type are refused', async () => {
  const addresses = { udm: ANY, ausf: ANY, amf: ANY, smf: ANY };
  const network = new SbiNetwork({ addresses, transport: 'http2', events: noEvents });
  try {
    await network.serve('udm', echo);
    const { host, port } = network.addressOf('udm');
    const session = connectHttp2(`http://${host}:${port}`);
    for (const [contentType, bytes, status] of [
      ['application/json', new Uint8Array(70_000), 413],
      ['text/html', utf8('x'), 415],
      ['application/json', utf8('{'), 400],
    ] as const) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/echo/v1/x/things',
        'content-type': contentType,
      });
      const answered = new Promise<number>((resolve) => {
        stream.once('response', (headers) => resolve(Number(headers[':status'])));
      });
      stream.end(bytes);
      assert.equal(await answered, status);
      stream.resume();
    }
    session.destroy();
  } finally {
    await network.close();
  }
});
