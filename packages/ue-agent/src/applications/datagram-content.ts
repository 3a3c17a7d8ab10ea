import type { Application } from './application.ts';
import { encodeQuery, readAnswer } from './dns-query.ts';

/** What an application sends under a number, and how it finds the number in an answer. */
export interface DatagramContent {
  write(sequence: number): Uint8Array;
  /** Undefined for what is no right answer. */
  read(answer: Uint8Array): number | undefined;
}

/** Numbers of datagrams have two octets, as those of DNS have. */
export const SEQUENCE_LIMIT = 65_536;

export function contentOf({ kind, octets, query }: Application): DatagramContent {
  return kind === 'dns' ? dnsContent(query) : echoContent(octets);
}

/** The number in front, its low octet behind it to the end, so that a damaged answer is none. */
function echoContent(octets: number): DatagramContent {
  const payload = new Uint8Array(octets);
  return {
    write(sequence) {
      payload.fill(sequence & 0xff);
      payload[0] = sequence >> 8;
      return payload;
    },
    read(answer) {
      if (answer.length !== octets) return undefined;
      const low = answer[1] as number;
      for (let i = 2; i < answer.length; i++) if (answer[i] !== low) return undefined;
      return ((answer[0] as number) << 8) | low;
    },
  };
}

function dnsContent(name: string): DatagramContent {
  return {
    write: (id) => encodeQuery({ id, name, type: 1 }),
    read(answer) {
      const { id, address } = readAnswer(answer);
      return address === undefined ? undefined : id;
    },
  };
}
