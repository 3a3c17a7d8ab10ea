export { type CoreConfiguration, coreSettings, type UpfSettings } from './configuration.ts';
export { type Core, type CoreOptions, startCore } from './core.ts';
export { CoreMetrics } from './core-metrics.ts';
export { coreService } from './core-service.ts';
export {
  type Exposure,
  type ExposureQuestion,
  exposureOf,
  type Party,
  type PublicInputs,
} from './exposure.ts';
export type { SbiRequest, SbiResponse } from './sbi/message.ts';
export { NF_NAMES, type NfName, type SbiConsumer } from './sbi/network.ts';
export { SbiProblem } from './sbi/problem.ts';
export { selectSolution } from './selected-solution.ts';
export type { HomeNetworkKeySettings, SubscriberSettings } from './udm/subscribers.ts';
