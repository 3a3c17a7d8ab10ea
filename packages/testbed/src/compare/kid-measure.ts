import { nodeCryptoProvider } from '@mpquic/crypto';
import { decodeImportedIdentity } from '@mpquic/tls';
import { equalBytes, toHex, utf8 } from '@mpquic/wire';
import { attempt } from '../experiments/attempt.ts';
import { identitiesOverTime } from '../experiments/count-and-kid.ts';
import { identitiesOnPath } from '../experiments/eavesdropper.ts';
import { Stage } from '../experiments/stage.ts';
import { upfId } from '../experiments/stage-roles.ts';
import type { Subject } from './subject.ts';

/** What a reader of ClientHellos learns. */
export interface KidMeasure {
  /** Of the KID, and of the PSK identity that it stands in: more where the PSK is imported. */
  readonly octets: number;
  readonly identityOctets: number;
  /** ClientHellos read over two sessions, another UPF and a new K_AMF, and the KIDs in them. */
  readonly read: number;
  readonly different: number;
  /** Whether one KID came in more than one of them. */
  readonly linkable: boolean;
  readonly reveals: readonly string[];
}

const PDU_SESSION_ID = 5;

/** Reads the KIDs of one subscriber on the path. */
export async function measureKid(subject: Subject): Promise<KidMeasure> {
  const identities = await identitiesOverTime(subject);
  const { identity, supi } = await Stage.with(subject, async (stage) => {
    const one = await stage.registeredUe();
    await attempt(one, await stage.session(one, { pduSessionId: PDU_SESSION_ID }));
    const [first = new Uint8Array()] = identitiesOnPath(one.captured);
    return { identity: first, supi: one.supi };
  });
  const { kid, context } = partsOf(identity, subject);
  const different = new Set(identities.map((one) => toHex(partsOf(one, subject).kid))).size;
  return {
    octets: kid.length,
    identityOctets: identity.length,
    read: identities.length,
    different,
    linkable: different < identities.length,
    reveals: [...kidReveals(kid, supi), ...contextReveals(context)],
  };
}

/** The KID, and the context of RFC 9258 §5.1 where the PSK is imported: both stand in clear. */
function partsOf(
  identity: Uint8Array,
  { pskMode }: Subject,
): { readonly kid: Uint8Array; readonly context: Uint8Array } {
  const imported = pskMode === 'imported' ? decodeImportedIdentity(identity) : undefined;
  if (imported === undefined) return { kid: identity, context: new Uint8Array() };
  return { kid: imported.externalIdentity, context: imported.context };
}

/** What is found in a KID by comparison with what it could be made of. */
function kidReveals(kid: Uint8Array, supi: string): string[] {
  const found: string[] = [];
  const digest = nodeCryptoProvider.hash('sha256', utf8(supi));
  if (holds(kid, utf8(supi))) found.push('SUPI');
  const hashed = holds(kid, digest);
  if (hashed) found.push('H(SUPI), open to search');
  const behind = kid.subarray(digest.length);
  if (hashed && equalBytes(behind, Uint8Array.of(PDU_SESSION_ID))) found.push('PDU session ID');
  return found;
}

/** The context of this testbed: version, solution, PDU session ID, UPF identity, roles. */
function contextReveals(context: Uint8Array): string[] {
  const [, solution, pduSessionId] = context;
  return [
    ...(solution === undefined ? [] : ['solution']),
    ...(pduSessionId === PDU_SESSION_ID ? ['PDU session ID'] : []),
    ...(holds(context, utf8(upfId(0))) ? ['UPF identity'] : []),
  ].map((what) => `${what} (import context)`);
}

function holds(octets: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(octets).includes(Buffer.from(part));
}
