/**
 * The authentication and key generation functions of one subscriber, whatever the algorithm set.
 * RAND has 16 octets, SQN 6, AMF 2; AK has 6, the MACs 8 or more as the set is configured.
 * TS 33.102 §6.3.2
 */
export interface AkaFunctions {
  /** MAC-A over the network's challenge. */
  f1(rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array;
  /** MAC-S over the UE's resynchronisation. */
  f1Star(rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array;
  /** RES, CK, IK and the anonymity key AK. */
  f2345(rand: Uint8Array): AkaKeys;
  /** AK of the resynchronisation. */
  f5Star(rand: Uint8Array): Uint8Array;
}

export interface AkaKeys {
  /** 4 to 16 octets. */
  readonly res: Uint8Array;
  /** 16 octets. */
  readonly ck: Uint8Array;
  /** 16 octets. */
  readonly ik: Uint8Array;
  /** 6 octets. */
  readonly ak: Uint8Array;
}
