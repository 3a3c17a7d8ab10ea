export { runEnginePeer } from './engine/engine-program.ts';
export {
  type CaseContext,
  CaseFailure,
  type CaseResult,
  CaseUnsupported,
  type InteropCase,
  type OurRole,
  type Outcome,
  type Peer,
} from './matrix.ts';
export { peers } from './peers/all-peers.ts';
export { countResults, type MatrixTotals, matrixMarkdown, remark } from './report.ts';
export { type MatrixOptions, runMatrix } from './run-matrix.ts';
export { NetworkNamespace, namespacesUnavailable } from './runner/local/network-namespace.ts';
export { peerTransfers } from './transfers/all-transfers.ts';
export type { PeerTransfer } from './transfers/peer-transfer.ts';
