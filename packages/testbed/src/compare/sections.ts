import type { Party } from '@mpquic/core';
import type { StudyDefect } from '@mpquic/keys';
import type { ExperimentRun } from '../experiments/run-experiments.ts';
import type { Comparison, ComparisonRow } from './comparison.ts';
import type { SessionCost, Span } from './session-measure.ts';
import { CONTROL_INTERFACES, type Signalling, type Traffic } from './signalling.ts';

/** One table of a comparison, with a row for each solution. */
export interface Section {
  readonly title: string;
  /** How to read it. */
  readonly note: string;
  readonly columns: readonly { readonly title: string; readonly align?: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

type Cells = readonly (readonly [title: string, text: string, align?: 'right'])[];

/** The tables of a comparison, and the list of defects of the study's text. */
export function sectionsOf(comparison: Comparison): readonly Section[] {
  const { rows, baseline, latencies, experiments, studyDefects } = comparison;
  const { n1, n4, sbi, access } = latencies;
  const without = ['none', 'certificate', '-'];
  return [
    tableOf(
      'Signalling of one session',
      'From the request of the MA PDU session to the end of the handshake: messages / octets without transport headers. N2 is a stand-in of the testbed. QUIC: datagrams / octets of handshake and second path at the UE.',
      rows,
      signallingCells,
      [...without, ...textsOf(signallingCells(baseline))],
    ),
    tableOf(
      'Extra for the PSK',
      `Beyond a session without PSK, the first row above: the core indicates no PSK, and the UPF shows a P-256 certificate of ${baseline.certificateOctets} octets without intermediates (TS 33.501 Annex AA.2, server authentication only). N1 and N4 in messages, SBI and QUIC in round trips; ms from the request to the end of the handshake, the least of each. The container with which the testbed names solution and variant is in N1.`,
      rows,
      extraCells,
    ),
    tableOf(
      'Time',
      `Milliseconds, least / median: what a busy machine adds is not in the least. One-way latencies of N1 ${n1} ms, N4 ${n4} ms, SBI ${sbi} ms for each message and access ${access} ms. The UE starts as soon as it has its key, and the UPF holds a handshake whose key is on its way.`,
      rows,
      timeCells,
      [...without, ...textsOf(timeCells(baseline))],
    ),
    tableOf(
      'Who knows the PSK',
      'From what each party derived, received or carried in this run. The tap reads N4 without IPsec.',
      rows,
      holderCells,
    ),
    tableOf(
      'Freshness and update',
      'Keys of sessions that were derived one after the other; the UPF gives each of them another IP address. Outage: milliseconds without a connection, where the UE sets up the new one before it ends the old one, and where it ends the old one first. (testbed): the study has no procedure, the update is the policy of the testbed.',
      rows,
      lifeCells,
    ),
    tableOf(
      'Key identifier',
      'As read from ClientHellos on the path: two sessions, another UPF, a new K_AMF. An imported PSK carries its KID and an import context in its identity, in clear (RFC 9258).',
      rows,
      kidCells,
    ),
    ...(experiments.length === 0 ? [] : [experimentSection(experiments)]),
    defectSection(studyDefects),
  ];
}

function tableOf(
  title: string,
  note: string,
  rows: readonly ComparisonRow[],
  cellsOf: (row: ComparisonRow) => Cells,
  first?: readonly string[],
): Section {
  const all = rows.map(
    (row): Cells => [
      ['solution', `#${row.solution}`],
      ['variant', row.variant],
      ['PSK', row.pskMode],
      ...cellsOf(row),
    ],
  );
  return {
    title,
    note,
    columns: (all[0] ?? []).map(([column, , align]) => ({
      title: column,
      ...(align === undefined ? {} : { align }),
    })),
    rows: [...(first === undefined ? [] : [first]), ...all.map(textsOf)],
  };
}

function textsOf(cells: Cells): string[] {
  return cells.map(([, text]) => text);
}

function signallingCells({ signalling, quic }: SessionCost): Cells {
  return [...byInterface(signalling), ['QUIC', traffic(quic), 'right']];
}

function byInterface(signalling: Signalling): Cells {
  return CONTROL_INTERFACES.map((name) => [name, traffic(signalling[name]), 'right'] as const);
}

function traffic({ messages, bytes }: Traffic): string {
  return `${messages} / ${bytes}`;
}

function extraCells({ extra }: ComparisonRow): Cells {
  const { signalling, quicRoundTrips, quicOctets, ms } = extra;
  const { N1, N4, SBI } = signalling;
  return [
    ['N1 messages', signed(N1.messages), 'right'],
    ['N1 octets', signed(N1.bytes), 'right'],
    ['N4 messages', signed(N4.messages), 'right'],
    ['N4 octets', signed(N4.bytes), 'right'],
    ['SBI round trips', signed(SBI.messages / 2), 'right'],
    ['SBI octets', signed(SBI.bytes), 'right'],
    ['QUIC round trips', signed(quicRoundTrips), 'right'],
    ['QUIC octets', signed(quicOctets), 'right'],
    ['ms', signed(Number(ms.toFixed(1))), 'right'],
  ];
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

function timeCells({ requestToAcceptMs, acceptToHandshakeMs, totalMs }: SessionCost): Cells {
  return [
    ['request to Accept', span(requestToAcceptMs), 'right'],
    ['Accept to handshake done', span(acceptToHandshakeMs), 'right'],
    ['together', span(totalMs), 'right'],
  ];
}

function span({ least, median }: Span): string {
  return `${least.toFixed(1)} / ${median.toFixed(1)}`;
}

const PARTIES: readonly Party[] = [
  'ue',
  'upf',
  'smf',
  'amf',
  'ausf',
  'udm',
  'gnb',
  'n3iwf',
  'n4-tap',
];

function holderCells({ holders }: ComparisonRow): Cells {
  return PARTIES.map((party) => [party.toUpperCase(), holders[party]] as const);
}

function lifeCells({ reestablished, otherAccess, update }: ComparisonRow): Cells {
  const whose = update?.procedure === 'testbed' ? ' (testbed)' : '';
  return [
    ['set up again', reestablished],
    ['same COUNT, other access', otherAccess],
    ['update by', update === null ? 'nothing' : `${update.trigger}${whose}`],
    ['after update', update?.key ?? '-'],
    ['outage, new first', update?.outageMs.makeFirst.toFixed(1) ?? '-', 'right'],
    ['outage, old ended first', update?.outageMs.breakFirst.toFixed(1) ?? '-', 'right'],
  ];
}

function kidCells({ kid }: ComparisonRow): Cells {
  return [
    ['KID octets', String(kid.octets), 'right'],
    ['identity octets', String(kid.identityOctets), 'right'],
    ['different', `${kid.different} of ${kid.read}`, 'right'],
    ['linkable', kid.linkable ? 'yes' : 'no'],
    ['reveals', kid.reveals.length === 0 ? 'nothing found' : kid.reveals.join('; ')],
  ];
}

function experimentSection(runs: readonly ExperimentRun[]): Section {
  return {
    title: 'Experiments',
    note: 'The claim of each, run with the solution, and with a raw PSK where the experiment names no other; `mpq experiments run ID` shows the evidence.',
    columns: [
      { title: 'solution' },
      { title: 'experiment' },
      { title: 'verdict' },
      { title: 'mitigation' },
      { title: 'claim' },
    ],
    rows: runs.map(({ solution, id, verdict, mitigated, title }) => [
      `#${solution}`,
      id,
      verdict,
      mitigated === null ? '-' : mitigated ? 'holds' : 'does not hold',
      title,
    ]),
  };
}

function defectSection(defects: readonly StudyDefect[]): Section {
  return {
    title: 'Defects found in the text of the study',
    note: 'With the reading that this testbed takes. Editorial ones mislead a reader; technical ones let implementations differ, or a claim fail.',
    columns: [
      { title: 'clause' },
      { title: 'solutions' },
      { title: 'kind' },
      { title: 'defect' },
      { title: 'reading' },
    ],
    rows: defects.map(({ clause, solutions, kind, defect, reading }) => [
      clause,
      solutions.map((id) => `#${id}`).join(' '),
      kind,
      defect,
      reading,
    ]),
  };
}
