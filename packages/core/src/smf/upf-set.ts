import type { N4Session } from './n4-session.ts';
import { N4Failure } from './n4-session.ts';
import type { UpfAssociation } from './upf-association.ts';

/** The UPFs that this SMF may select. */
export class UpfSet {
  readonly #associations: readonly UpfAssociation[];

  constructor(associations: readonly UpfAssociation[]) {
    this.#associations = associations;
  }

  get associations(): readonly UpfAssociation[] {
    return this.#associations;
  }

  /** Whether a session could be set up now. */
  get ready(): boolean {
    return this.#associations.some((association) => association.isUp);
  }

  /**
   * The associated UPF with the fewest sessions, the first of them where several have as few.
   * @param excluded a UPF that the session is to leave
   * @throws {N4Failure} where none is associated
   */
  select(excluded?: UpfAssociation): UpfAssociation {
    let selected: UpfAssociation | undefined;
    for (const candidate of this.#associations) {
      if (!candidate.isUp || candidate === excluded) continue;
      if (selected === undefined || candidate.sessionCount < selected.sessionCount) {
        selected = candidate;
      }
    }
    if (selected === undefined) throw new N4Failure('no UPF with a PFCP association');
    return selected;
  }

  /** The session that a report names. */
  find(localSeid: bigint): N4Session | undefined {
    for (const association of this.#associations) {
      const session = association.find(localSeid);
      if (session !== undefined) return session;
    }
    return undefined;
  }

  async start(): Promise<void> {
    await Promise.all(this.#associations.map((association) => association.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#associations.map((association) => association.stop()));
  }
}
