import { readFile } from 'node:fs/promises';
import { alertName, type HandshakeSummary } from '@mpquic/tls';
import { createCertificate } from '../certificate-files.ts';
import { type CaseContext, CaseUnsupported, expect } from '../matrix.ts';
import type { TcpTls } from './tcp-tls.ts';
import type { TlsCase } from './tls-case.ts';
import { keyLogFile, type TlsPeer, type TlsSettings } from './tls-peer.ts';

/** How the peer is configured for a case. @throws {CaseUnsupported} */
export async function peerSettings(
  context: CaseContext,
  peer: TlsPeer,
  one: TlsCase,
  peerRole: 'client' | 'server',
): Promise<TlsSettings> {
  const psk = one.peerPsk ?? one.psk;
  const settings: TlsSettings = {
    suite: one.suite ?? 'TLS_AES_128_GCM_SHA256',
    groups: one.peerGroups ?? ['x25519'],
    retried: (one.hellos ?? 1) > 1,
    ...(psk === undefined ? { certificate: await createCertificate(context.folder) } : { psk }),
  };
  const lack = peer.lacks(settings, peerRole);
  if (lack !== undefined) throw new CaseUnsupported(lack);
  return settings;
}

/** Checks a complete handshake against what the case and the peer's key log say. */
export async function checkHandshake(
  context: CaseContext,
  one: TlsCase,
  ours: TcpTls,
  settings: TlsSettings,
): Promise<string> {
  const summary = ours.stream.summary as HandshakeSummary;
  expect((summary.psk !== undefined) === (one.psk !== undefined), 'another authentication');
  expect(summary.cipherSuite === settings.suite, `agreed on ${summary.cipherSuite}`);
  const group = (one.ourGroups ?? []).length === 1 ? one.ourGroups : settings.groups;
  expect(group?.includes(summary.group) === true, `agreed on ${summary.group}`);
  const hellos = one.hellos ?? 1;
  expect(ours.stream.hellosSent === hellos, `${ours.stream.hellosSent} messages in the clear`);
  await checkKeyLog(context, ours);
  return `${summary.cipherSuite}, ${summary.group}; keys equal`;
}

/** Every secret of ours stands in the peer's key log. */
async function checkKeyLog(context: CaseContext, ours: TcpTls): Promise<void> {
  const theirs = await readFile(keyLogFile(context), 'utf8');
  const { keyLog } = ours.stream;
  expect(keyLog.length >= TRAFFIC_SECRETS, `only ${keyLog.length} secrets`);
  for (const line of keyLog) {
    const [label] = line.split(' ');
    expect(theirs.toLowerCase().includes(line.toLowerCase()), `another ${label}`);
  }
}

/** The refusal of a case. */
export async function checkRefusal(ours: TcpTls): Promise<string> {
  const alert = await ours.refused();
  return `${ours.stream.alert === undefined ? 'our' : "the peer's"} alert ${alertName(alert)}`;
}

/** Of handshake and application data, both directions. */
const TRAFFIC_SECRETS = 4;
