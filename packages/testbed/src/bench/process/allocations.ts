import { type HeapProfiler, Session } from 'node:inspector/promises';

/** What a function allocated, collected or not. */
export interface Allocation {
  /** Function, file and line. */
  readonly site: string;
  readonly octets: number;
  /** Samples: objects, where every one is sampled. */
  readonly objects: number;
}

/** Octets between two samples, on average. */
export const SamplingInterval = {
  /** Disturbs little, and is small, since a packet allocates little. */
  ordinary: 2048,
  /** Every object is sampled, which takes a multiple of the time. */
  everyObject: 1,
} as const;

/** Samples all allocations on the JavaScript heap of this process for so many milliseconds; the largest come first. */
export async function sampleAllocations(
  milliseconds: number,
  samplingInterval: number,
): Promise<Allocation[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const { head, samples } = profile as SampledProfile;
    const samplesOf = new Map<number, number>();
    for (const { nodeId } of samples) samplesOf.set(nodeId, (samplesOf.get(nodeId) ?? 0) + 1);
    const bySite = new Map<string, { octets: number; objects: number }>();
    addUp(head, '', samplesOf, bySite);
    return [...bySite]
      .map(([site, { octets, objects }]) => ({ site, octets, objects }))
      .sort((a, b) => b.octets - a.octets);
  } finally {
    session.disconnect();
  }
}

/** What the protocol tells beyond the types of Node.js. */
interface SampledNode extends HeapProfiler.SamplingHeapProfileNode {
  readonly id: number;
  readonly children: SampledNode[];
}

interface SampledProfile {
  readonly head: SampledNode;
  readonly samples: readonly { readonly nodeId: number }[];
}

/** Those of built-in functions count at their callers. */
function addUp(
  { callFrame, selfSize, children, id }: SampledNode,
  caller: string,
  samplesOf: ReadonlyMap<number, number>,
  bySite: Map<string, { octets: number; objects: number }>,
): void {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.split('/').slice(-2).join('/').replace(/\.js$/, '');
  const isBuiltIn = file === '' && caller !== '';
  const site = isBuiltIn ? caller : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`;
  if (selfSize > 0) {
    const sum = bySite.get(site) ?? { octets: 0, objects: 0 };
    sum.octets += selfSize;
    sum.objects += samplesOf.get(id) ?? 0;
    bySite.set(site, sum);
  }
  for (const child of children) addUp(child, site, samplesOf, bySite);
}
