import {
  address,
  choice,
  hexBytes,
  integer,
  type SettingsTable,
  structureOf,
  text,
} from '@mpquic/service';
import type { Address } from '@mpquic/wire';

/** How an application of the story asks, and how it knows its answers. */
const APPLICATION_KINDS = ['echo', 'dns', 'file'] as const;
export type ApplicationKind = (typeof APPLICATION_KINDS)[number];

/** An application on the UE, whose UDP goes through the UPF. */
export interface Application {
  readonly name: string;
  readonly kind: ApplicationKind;
  /** In the data network. */
  readonly target: Address;
  /** Datagrams in a second, for all but files. */
  readonly rate: number;
  /** Of each datagram of an echo, or of the whole file. */
  readonly octets: number;
  /** What a DNS application asks for. */
  readonly query: string;
  /** PSK of the file service, which is a QUIC server of its own: identity and key. */
  readonly pskIdentity: string;
  readonly pskKey: Uint8Array | undefined;
}

const application: SettingsTable<Application> = {
  name: { kind: text('a name'), description: 'how reports call it' },
  kind: {
    kind: choice(...APPLICATION_KINDS),
    default: 'echo',
    description: 'numbered datagrams to an echo, DNS queries, or a download over QUIC',
  },
  target: { kind: address(), description: 'where it sends to, behind the UPF' },
  rate: { kind: integer(1, 20_000), default: 50, description: 'datagrams in a second' },
  octets: {
    kind: integer(8, 1_000_000_000),
    default: 200,
    description: 'of each datagram of an echo, or of the whole file',
  },
  query: { kind: text('a domain name'), default: 'echo.example', description: 'name to ask for' },
  pskIdentity: {
    kind: text('a PSK identity'),
    default: 'files',
    description: 'PSK identity at the file service',
  },
  pskKey: {
    kind: hexBytes(16, 64),
    optional: true,
    secret: true,
    description: 'PSK of the file service',
  },
};

/** One application in the settings of a UE. */
export const applicationKind: ReturnType<typeof structureOf<Application>> =
  structureOf(application);
