/**
 * FC values for the derivations whose FC the study leaves open. They are experimental and NOT
 * allocated by anyone: two-octet codes, which TS 33.220 B.2.0 allows (FC1 = ff) and which cannot meet
 * an allocated one-octet FC.
 */
export const ExperimentalFunctionCode = {
  solution1Psk: 0xfff1,
  solution1Kid: 0xfff2,
  solution2Psk: 0xfff3,
  solution2KSmf: 0xfff4,
  solution2Kid: 0xfff5,
  solution4KUpf: 0xfff6,
  solution6Key: 0xfff7,
  solution6Kid: 0xfff8,
} as const;
