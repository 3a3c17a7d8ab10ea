import { nodeCryptoProvider } from '@mpquic/crypto';
import { equalBytes, toHex, utf8 } from '@mpquic/wire';
import { attempt } from '../experiments/attempt.ts';
import { kidsOverTime } from '../experiments/count-and-kid.ts';
import { identitiesOnPath } from '../experiments/eavesdropper.ts';
import { Stage } from '../experiments/stage.ts';

/** What a reader of ClientHellos learns. */
export interface KidMeasure {
  readonly octets: number;
  /** ClientHellos read over two sessions, another UPF and a new K_AMF, and the KIDs in them. */
  readonly read: number;
  readonly different: number;
  /** Whether one KID came in more than one of them. */
  readonly linkable: boolean;
  readonly reveals: readonly string[];
}

const PDU_SESSION_ID = 5;

/** Reads the KIDs of one subscriber on the path. */
export async function measureKid(solution: string, variant: string): Promise<KidMeasure> {
  const kids = await kidsOverTime(solution, variant);
  const { identity, supi } = await Stage.with({ solution, variant }, async (stage) => {
    const one = await stage.registeredUe();
    await attempt(one, await stage.session(one, { pduSessionId: PDU_SESSION_ID }));
    const [first = new Uint8Array()] = identitiesOnPath(one.captured);
    return { identity: first, supi: one.supi };
  });
  const different = new Set(kids).size;
  return {
    octets: identity.length,
    read: kids.length,
    different,
    linkable: different < kids.length,
    reveals: reveals(identity, supi),
  };
}

/** What is found in an identity by comparison with what it could be made of. */
function reveals(identity: Uint8Array, supi: string): string[] {
  const found: string[] = [];
  const digest = nodeCryptoProvider.hash('sha256', utf8(supi));
  if (toHex(identity).includes(toHex(utf8(supi)))) found.push('SUPI');
  const hashed = toHex(identity).includes(toHex(digest));
  if (hashed) found.push('H(SUPI), open to search');
  const behind = identity.subarray(digest.length);
  if (hashed && equalBytes(behind, Uint8Array.of(PDU_SESSION_ID))) found.push('PDU session ID');
  return found;
}
