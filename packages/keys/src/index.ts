export {
  type AuthenticationAnswer,
  AuthenticationFailure,
  type AuthenticationVector,
  answerChallenge,
  generateAuthenticationVector,
  resynchronisationToken,
  SEPARATION_BIT_AMF,
  verifyResynchronisation,
} from './aka.ts';
export type { AkaFunctions, AkaKeys } from './aka-functions.ts';
export { deriveATid, deriveKAf, deriveKAkma } from './akma.ts';
export {
  deriveEciesKeys,
  type EciesKeys,
  type EciesProfile,
  eciesPublicKey,
  openEcies,
  ProtectionScheme,
  sealEcies,
} from './ecies.ts';
export { ExperimentalFunctionCode } from './experimental-function-codes.ts';
export {
  ABBA,
  AccessType,
  type AkaMaterial,
  AlgorithmType,
  deriveAlgorithmKey,
  deriveCkIkPrime,
  deriveHresStar,
  deriveKAmf,
  deriveKAmfPrime,
  deriveKAusf,
  deriveKGnb,
  deriveKNgRanStar,
  deriveKSeaf,
  deriveNextHop,
  deriveResStar,
  HANDOVER_COUNT,
  KAmfDirection,
  type TargetCell,
} from './hierarchy.ts';
export {
  type DerivationStep,
  deriveKey,
  integerParameter,
  type KdfInput,
  type KdfParameter,
  nasCountParameter,
  stringParameter,
} from './kdf.ts';
export type { KeyCrypto } from './key-crypto.ts';
export { deriveOpc, milenage } from './milenage.ts';
export { importedPskContext, type PskContext } from './psk-context.ts';
export { nextSqn, SqnWindow, sqnFromOctets, sqnToOctets } from './sequence-number.ts';
export { type PlmnId, servingNetworkName } from './serving-network-name.ts';
export {
  deriveSolution,
  findSolution,
  type SolutionDerivation,
  solutionOfCode,
  solutions,
} from './solutions/all-solutions.ts';
export {
  checkPduSessionId,
  type DerivationInputs,
  type InputName,
  inputParameters,
  MissingInput,
  requireInputs,
} from './solutions/derivation-inputs.ts';
export {
  type Choice,
  type Delivery,
  type DerivedPsk,
  deliveryObstacle,
  findDelivery,
  findVariant,
  type InstallationPoint,
  type KeyName,
  type KeyRequestPoint,
  keyFromAmf,
  type PskUpdate,
  pskDeriver,
  type Solution,
  type SolutionId,
  type SolutionVariant,
  type UeNotice,
} from './solutions/solution.ts';
export { type StudyDefect, studyDefects } from './solutions/study-defects.ts';
export {
  applyScheme,
  concealSupi,
  formatSuci,
  msinFromBcd,
  msinToBcd,
  NULL_SCHEME_PROFILE,
  parseSuci,
  revealSupi,
  type Suci,
  type SuciProfile,
} from './suci.ts';
export { supiForDerivation } from './supi.ts';
export { deriveTopc, TUAK_DEFAULT_LENGTHS, type TuakLengths, tuak } from './tuak.ts';
