import { type SolutionId, solutions } from '@mpquic/keys';

export type PskMode = 'raw' | 'imported';

/** What a row of a comparison is about. */
export interface Subject {
  readonly solution: SolutionId;
  readonly variant: string;
  readonly pskMode: PskMode;
}

export interface SubjectChoice {
  readonly only?: readonly SolutionId[] | undefined;
  readonly allVariants?: boolean | undefined;
  readonly pskModes?: readonly PskMode[] | undefined;
}

/** In the order of the study; by default the first variant of each solution, with a raw PSK. */
export function chosenSubjects({
  only,
  allVariants = false,
  pskModes = ['raw'],
}: SubjectChoice): Subject[] {
  return solutions
    .filter(({ id }) => only === undefined || only.includes(id))
    .flatMap(({ id: solution, variants }) =>
      (allVariants ? variants : variants.slice(0, 1)).flatMap(({ name: variant }) =>
        pskModes.map((pskMode) => ({ solution, variant, pskMode })),
      ),
    );
}
