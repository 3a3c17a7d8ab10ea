import { type HeapProfiler, Session } from 'node:inspector/promises';

/** What a function allocated, collected or not. */
export interface Allocation {
  /** Function, file and line. */
  readonly site: string;
  readonly octets: number;
}

/** Octets between two samples, on average: small, since a packet allocates little. */
const SAMPLING_INTERVAL = 2048;

/** Samples all allocations on the JavaScript heap of this process for so many milliseconds; the largest come first. */
export async function sampleAllocations(milliseconds: number): Promise<Allocation[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_INTERVAL,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const bySite = new Map<string, number>();
    addUp(profile.head, '', bySite);
    return [...bySite]
      .map(([site, octets]) => ({ site, octets }))
      .sort((a, b) => b.octets - a.octets);
  } finally {
    session.disconnect();
  }
}

/** Those of built-in functions count at their callers. */
function addUp(
  { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
  caller: string,
  bySite: Map<string, number>,
): void {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.split('/').slice(-2).join('/').replace(/\.js$/, '');
  const isBuiltIn = file === '' && caller !== '';
  const site = isBuiltIn ? caller : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`;
  if (selfSize > 0) bySite.set(site, (bySite.get(site) ?? 0) + selfSize);
  for (const child of children) addUp(child, site, bySite);
}
