import { flagsIe, type Ie } from '../codec/ie.ts';

const REPORT_TYPES = [['dldr', 'usar', 'erir', 'upir', 'tmir', 'sesr', 'uisr']] as const;

/** Why the UP function reports; `uisr` is UP initiated session request. TS 29.244 §8.2.21 */
export type ReportType = (typeof REPORT_TYPES)[number][number];
export const reportType: Ie<readonly ReportType[]> = flagsIe(39, 'Report Type', REPORT_TYPES);

const MODIFICATION_FLAGS = [['drobu', 'sndem', 'qaurr']] as const;

/** PFCPSMReq-Flags. TS 29.244 §8.2.31 */
export type ModificationFlag = (typeof MODIFICATION_FLAGS)[number][number];
export const modificationFlags: Ie<readonly ModificationFlag[]> = flagsIe(
  49,
  'PFCPSMReq-Flags',
  MODIFICATION_FLAGS,
);

const REPORT_RESPONSE_FLAGS = [['drobu']] as const;

/** PFCPSRRsp-Flags. TS 29.244 §8.2.32 */
export type ReportResponseFlag = (typeof REPORT_RESPONSE_FLAGS)[number][number];
export const reportResponseFlags: Ie<readonly ReportResponseFlag[]> = flagsIe(
  50,
  'PFCPSRRsp-Flags',
  REPORT_RESPONSE_FLAGS,
);

const REPORT_REQUEST_FLAGS = [['psdbu']] as const;

/** PFCPSRReq-Flags: the UP function deleted the session. TS 29.244 §8.2.137 */
export type ReportRequestFlag = (typeof REPORT_REQUEST_FLAGS)[number][number];
export const reportRequestFlags: Ie<readonly ReportRequestFlag[]> = flagsIe(
  161,
  'PFCPSRReq-Flags',
  REPORT_REQUEST_FLAGS,
);
