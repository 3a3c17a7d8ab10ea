import type { ByteReader, ByteWriter } from '@mpquic/wire';
import type { Access } from '../access.ts';
import { MalformedValue } from '../errors.ts';

/**
 * Which protocol moves the traffic. 1 to 3 are those of TS 24.193 Rel-16; 4 to 6 are a testbed encoding,
 * as the octets of Rel-18 were not available.
 */
export const SteeringFunctionality = {
  uesSupported: 1,
  mptcp: 2,
  atsssLowLayer: 3,
  mpquicUdp: 4,
  mpquicIp: 5,
  mpquicEthernet: 6,
} as const;
export type SteeringFunctionality =
  (typeof SteeringFunctionality)[keyof typeof SteeringFunctionality];

/** How MPQUIC carries a flow; values of PFCP's Transport Mode. TS 23.501 §5.32.6.2.2 */
export const TransportMode = { datagramMode1: 0, datagramMode2: 1, stream: 2 } as const;
export type TransportMode = (typeof TransportMode)[keyof typeof TransportMode];

/** How traffic is spread over the accesses. TS 23.501 §5.32.8 */
export type SteeringMode =
  | {
      readonly type: 'activeStandby';
      readonly active: Access;
      /** Without it traffic stops where the active access fails. */
      readonly standby?: Access;
    }
  | { readonly type: 'smallestDelay' }
  | {
      readonly type: 'loadBalancing';
      /** Per cent of the traffic over 3GPP access, in steps of ten; `undefined`: the UE chooses. */
      readonly sharePercent3gpp?: number;
    }
  | { readonly type: 'priorityBased'; readonly high: Access }
  /** Testbed encoding. Every packet on both accesses, or on `primary` and, beyond the thresholds, both. */
  | { readonly type: 'redundant'; readonly primary?: Access };

/** Measurements beyond which an access is not to be used. TS 23.501 §5.32.8 */
export interface SteeringThresholds {
  /** Milliseconds. */
  readonly maximumRtt?: number;
  /** Per cent. */
  readonly maximumLossRate?: number;
}

const MODE_CODE: { readonly [T in SteeringMode['type']]: number } = {
  activeStandby: 1,
  smallestDelay: 2,
  loadBalancing: 3,
  priorityBased: 4,
  redundant: 5,
};

/** Steering mode and its information octet; Rel-16 values of TS 24.193 §6.1.3.2, redundant excepted. */
export function readSteeringMode(reader: ByteReader): SteeringMode {
  const code = reader.uint8();
  const information = reader.uint8();
  switch (code) {
    case MODE_CODE.activeStandby:
      return readActiveStandby(information);
    case MODE_CODE.smallestDelay:
      return { type: 'smallestDelay' };
    case MODE_CODE.loadBalancing:
      return information >= 1 && information <= 11
        ? { type: 'loadBalancing', sharePercent3gpp: 110 - 10 * information }
        : { type: 'loadBalancing' };
    case MODE_CODE.priorityBased:
      return { type: 'priorityBased', high: information === 2 ? 'non-3gpp' : '3gpp' };
    case MODE_CODE.redundant:
      if (information === 0) return { type: 'redundant' };
      return { type: 'redundant', primary: information === 2 ? 'non-3gpp' : '3gpp' };
    default:
      throw new MalformedValue(`steering mode ${code}`);
  }
}

export function writeSteeringMode(writer: ByteWriter, mode: SteeringMode): void {
  writer.uint8(MODE_CODE[mode.type]).uint8(modeInformation(mode));
}

/** 1: 3GPP without standby, 2: 3GPP with non-3GPP, 3: non-3GPP without, 4: non-3GPP with 3GPP as standby. */
function readActiveStandby(information: number): SteeringMode {
  switch (information) {
    case 1:
      return { type: 'activeStandby', active: '3gpp' };
    case 2:
      return { type: 'activeStandby', active: '3gpp', standby: 'non-3gpp' };
    case 3:
      return { type: 'activeStandby', active: 'non-3gpp' };
    case 4:
      return { type: 'activeStandby', active: 'non-3gpp', standby: '3gpp' };
    default:
      throw new MalformedValue(`active-standby information ${information}`);
  }
}

function modeInformation(mode: SteeringMode): number {
  switch (mode.type) {
    case 'activeStandby':
      return (mode.active === '3gpp' ? 1 : 3) + (mode.standby === undefined ? 0 : 1);
    case 'smallestDelay':
      return 0;
    case 'loadBalancing':
      return mode.sharePercent3gpp === undefined ? 0 : 11 - Math.round(mode.sharePercent3gpp / 10);
    case 'priorityBased':
      return mode.high === '3gpp' ? 1 : 2;
    case 'redundant':
      if (mode.primary === undefined) return 0;
      return mode.primary === '3gpp' ? 1 : 2;
  }
}
