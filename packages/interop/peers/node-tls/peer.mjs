// Node's own TLS as a process: one JSON argument.
//   {role, port, keyLog, ciphers, groups, psk?: {identity, key}, cert?, key?, ca?, sessionFile?}
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import tls from 'node:tls';

const settings = JSON.parse(process.argv[2]);
const psk = settings.psk && Buffer.from(settings.psk.key, 'hex');
const common = {
  minVersion: 'TLSv1.3',
  ciphers: settings.ciphers,
  ecdhCurve: settings.groups,
};
const logKeys = (line) => appendFileSync(settings.keyLog, line);

if (settings.role === 'server') {
  const server = tls.createServer({
    ...common,
    ...(psk === undefined
      ? { cert: readFileSync(settings.cert), key: readFileSync(settings.key) }
      : { pskCallback: (_, identity) => (identity === settings.psk.identity ? psk : null) }),
  });
  server.on('keylog', logKeys);
  server.on('secureConnection', (socket) => {
    socket.on('error', (error) => console.error(error.message));
    socket.pipe(socket);
  });
  server.on('tlsClientError', (error) => console.error(error.message));
  server.listen(settings.port, '127.0.0.1');
} else {
  const { sessionFile } = settings;
  const socket = tls.connect({
    ...common,
    host: '127.0.0.1',
    port: settings.port,
    servername: 'localhost',
    ...(psk === undefined
      ? { ca: readFileSync(settings.ca) }
      : {
          pskCallback: () => ({ psk, identity: settings.psk.identity }),
          checkServerIdentity: () => undefined,
        }),
    ...(sessionFile && existsSync(sessionFile) ? { session: readFileSync(sessionFile) } : {}),
  });
  socket.on('keylog', logKeys);
  socket.on('session', (session) => sessionFile && writeFileSync(sessionFile, session));
  socket.on('error', (error) => console.error(error.message));
  socket.on('data', (data) => process.stdout.write(data));
  socket.on('close', () => process.exit());
  process.stdin.on('data', (data) => socket.write(data));
}
