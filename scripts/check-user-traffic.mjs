// Reads the report of a UE (ue-agent --report, or run.json of mpq demo) and fails where user traffic did not do what it is there to show.
// usage: node scripts/check-user-traffic.mjs REPORT.json
import { readFileSync } from 'node:fs';

const { traffic, paths, transfer } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failures = [];

function expect(holds, what) {
  process.stdout.write(`${holds ? 'ok    ' : 'FAILED'} ${what}\n`);
  if (!holds) failures.push(what);
}

expect(
  transfer?.cut !== undefined,
  'the transfer outlived the cut of an access, every octet checked',
);
expect(
  ['3gpp', 'non-3gpp'].every((access) => paths.some((path) => path.access === access)),
  'the transfer had a path over each access',
);
for (const { access, packetsSent, packetsReceived, stages } of traffic?.accesses ?? []) {
  expect(
    packetsSent > 50 && packetsReceived > 50,
    `user traffic crossed ${access} access: ${packetsSent} packets sent, ${packetsReceived} received`,
  );
  const cut = stages.find(({ stage }) => stage === `${access} cut`);
  if (cut === undefined) continue;
  const back = stages.find(({ stage }) => stage === `${access} back`);
  expect(
    back.packetsReceived > cut.packetsReceived,
    `${access} access carried packets again: ${cut.packetsReceived} received while cut, ${back.packetsReceived} after`,
  );
}
expect(traffic?.accesses?.length === 2, 'two accesses');
expect(typeof traffic?.cut?.backAfterMs === 'number', 'the access that was cut came back');
for (const { name, steering, sent, answered, lost } of traffic?.flows ?? []) {
  expect(answered > 0 && answered + lost === sent, `${name}: ${answered} of ${sent} answered`);
  if (steering === 'redundant') {
    expect(lost <= sent / 100, `${name}: redundant steering lost ${lost} while an access was cut`);
  }
}
expect(traffic?.flows?.length >= 3, 'queries, a bulk flow and a redundant flow');
for (const { name, bytes } of traffic?.downloads ?? []) {
  expect(bytes > 0, `${name}: ${bytes} octets, SHA-256 as sent`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
