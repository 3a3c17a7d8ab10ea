/** One thing that `mpq doctor` looked at. */
export interface Finding {
  readonly area: FindingArea;
  readonly name: string;
  readonly status: FindingStatus;
  /** What is there, or why it is not; one line. */
  readonly value: string;
  /** What to do where something is missing. */
  readonly advice?: string;
}

export type FindingArea = 'run time' | 'speed' | 'network' | 'tools' | 'peers' | 'privilege';

/** `failed` only where nothing works without it; `absent` where something optional is not there. */
export type FindingStatus = 'ok' | 'absent' | 'failed';

/** A finding about something that may be missing. */
export function optional(
  area: FindingArea,
  name: string,
  value: string | undefined,
  missing: { readonly value: string; readonly advice: string },
): Finding {
  if (value !== undefined) return { area, name, status: 'ok', value };
  return { area, name, status: 'absent', ...missing };
}
