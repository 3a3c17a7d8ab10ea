import type { SolutionId } from './solution.ts';

/** A defect of the study's text, and how this testbed reads the place. */
export interface StudyDefect {
  readonly clause: string;
  readonly solutions: readonly SolutionId[];
  /** `editorial` misleads a reader; `technical` lets two implementations differ, or a claim fail. */
  readonly kind: 'editorial' | 'technical';
  readonly defect: string;
  readonly reading: string;
}

function technical(
  clause: string,
  solutions: readonly SolutionId[],
  defect: string,
  reading: string,
): StudyDefect {
  return { clause, solutions, kind: 'technical', defect, reading };
}

function editorial(
  clause: string,
  solutions: readonly SolutionId[],
  defect: string,
  reading: string,
): StudyDefect {
  return { clause, solutions, kind: 'editorial', defect, reading };
}

/** What was found in the text while it was implemented. */
export const studyDefects: readonly StudyDefect[] = [
  technical(
    '6.1.2',
    ['1'],
    'FC, order and encoding of the inputs, the freshness parameter and the formula of UPF_PSK ID are not given',
    'experimental FCs; PDU session ID, uplink NAS COUNT, UPF identity; ID by a KDF of its own',
  ),
  technical(
    '6.1.2',
    ['1'],
    'the path is "over N2/N4", but N2 ends at the gNB and does not reach the UPF',
    'N11 to the SMF, N4 to the UPF',
  ),
  technical(
    '6.1.2',
    ['1'],
    'after an Xn handover UE and gNB hold a K_gNB that the AMF does not know',
    'the K_gNB of the transition to CM-CONNECTED, kept by the AMF',
  ),
  technical(
    '6.2.2',
    ['2', '3'],
    'FC is TBD, the key identifier is absent, and "IP address of the MA PDU session" names none of the three',
    'experimental FCs, an opaque KID by a KDF, the address toward the data network',
  ),
  technical(
    '6.2.1',
    ['2', '3'],
    'an old PSK "cannot be reused" for a new session, yet the same PDU session ID or IP address under one K_AMF gives the same PSK',
    'implemented as written; the runs show the repetition',
  ),
  technical(
    '6.2.2',
    ['2', '3'],
    'the UE needs the SMF instance ID for K_SMF, and no NAS message carries it',
    'a testbed container in the Accept',
  ),
  technical(
    '6.3.2',
    ['3'],
    'the UE may start at step 10a, before the UPF has the PSK at step 13; step 14 (handshake) stands before step 15 (N4 response)',
    'the UPF rejects or holds such a handshake, as set',
  ),
  technical(
    '6.4.2',
    ['4'],
    'FC is 0xXX; which uplink NAS COUNT, its width and the hash H are open',
    'COUNT of the request, 4 octets; SHA-256',
  ),
  technical(
    '6.Y.2.3',
    ['4'],
    'the access type is no input, so PDU session ID and COUNT can meet again on the other access and give the same K_UPF',
    'variant access-bound adds it',
  ),
  technical(
    '6.4.2.4',
    ['4'],
    'the KID is the same for every key of a session, at every UPF, and stands in clear: it is a tag of the subscriber, and the SUPI follows by search',
    'implemented as written; the experiments show it',
  ),
  technical(
    '6.9.2.3',
    ['5'],
    'A.13 needs a COUNT, and the study gives none for K_SMF; with 0, every SMF gets the same key',
    'COUNT of the request (fresh) or 0 (literal)',
  ),
  technical(
    '6.9.2.3',
    ['5'],
    'DIRECTION is "updated" to 0x02, a constant: it tells K_SMF from K_AMF\', and gives no freshness',
    '0x02 as printed; freshness only by the COUNT',
  ),
  technical(
    '6.5.2.4',
    ['5'],
    'the PDU session ID, of one octet, takes the place of a COUNT, which has four in A.13',
    '000000 and the PDU session ID; one octet is kept as a trap',
  ),
  technical(
    '6.5.2.5',
    ['5'],
    'L0 is printed as 0x00 0x05, the length of "A-TID", for the 10 octets of "UPF Key ID"',
    '000a; the other readings are kept as traps',
  ),
  technical(
    '6.5.2.5',
    ['5'],
    'the Key ID does not depend on the PDU session: two sessions under one K_SMF share it',
    'implemented as written; the experiments show it',
  ),
  editorial(
    '6.5.2.1',
    ['5'],
    'step 8 sends a Session Establishment or Modification "Response" to the UPF, and step 9 is absent',
    'Request; step 9 is its response',
  ),
  technical(
    '6.6.2.1',
    ['6'],
    'FC is 0xWX; the length of the random number and the "identifier of the UE" are open',
    'experimental FC, 16 octets, an opaque KID',
  ),
  technical(
    '6.6.3',
    ['6'],
    'the text relies on AS security, but step 5b is a NAS message: NAS ciphering is what protects the key',
    'runs with NEA0 show the key on N1',
  ),
  technical(
    '6.Y.2',
    ['Y'],
    'the UPF "sends the identifier to the UE", which TLS 1.3 does not do; derivation, delivery and update of the key are not treated',
    'selected_identity of the ServerHello; provisioning files',
  ),
  editorial(
    '6.1 to 6.6',
    ['1', '4', '5', '6'],
    'clause numbers 6.X.1, 6.Y.2.2, 6.Y.2.3, 6.9.x and 6.Y.3 stand inside other clauses',
    'cited as printed',
  ),
  editorial(
    '5.1.1',
    [],
    'TS 33.501 is cited as [1] instead of [2], and MPQUIC/TLS as [2], [3], [5]',
    'the references as meant',
  ),
  editorial(
    '6.3 to 6.6',
    ['3', '4', '5', '6'],
    'figures are empty or external pictures',
    'the text',
  ),
  editorial('6.5.2.1', ['5'], '"MAP PDU session"', 'MA PDU session'),
  editorial('6.Y.1', ['Y'], '"MPQUCI" and key issue "#X"', 'MPQUIC and key issue #1'),
];
