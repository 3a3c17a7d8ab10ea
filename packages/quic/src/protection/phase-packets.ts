/** The packets of one path under the current keys. */
export interface PathPackets {
  readonly pathId: number;
  /** Lowest packet number sent, -1 before the first. */
  lowestSent: number;
  /** Lowest and highest packet number received, -1 before the first. */
  lowestReceived: number;
  highestReceived: number;
}

/**
 * Which packets were sent and received in the current key phase, by path. A short list instead of a map: connections
 * have few paths, and each keeps this as long as it lives.
 */
export class PhasePackets {
  #paths: PathPackets[] = [];

  /** What is known of a path; undefined before its first packet. */
  known(pathId: number): PathPackets | undefined {
    const paths = this.#paths;
    for (let i = 0; i < paths.length; i++) if (paths[i]?.pathId === pathId) return paths[i];
    return undefined;
  }

  /** The same, and made where there is none yet. */
  of(pathId: number): PathPackets {
    const known = this.known(pathId);
    if (known !== undefined) return known;
    const path = { pathId, lowestSent: -1, lowestReceived: -1, highestReceived: -1 };
    if (this.#paths.length === 0) this.#paths = [path];
    else this.#paths.push(path);
    return path;
  }

  forget(pathId: number): void {
    this.#paths = this.#paths.filter((path) => path.pathId !== pathId);
  }

  /** Another phase begins. */
  clear(): void {
    this.#paths = [];
  }
}
