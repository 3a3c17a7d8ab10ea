/** The highest value a path ID can have, since the nonce holds 32 bits of it. MP-21 §2.1 */
const MAX_PATH_ID = 2 ** 32 - 1;

/** The limits on path IDs that both sides announced. MP-21 §2.1, §4.6 */
export class PathLimits {
  /** Highest path ID that the peer may use: initial_max_path_id or MAX_PATH_ID of ours. */
  #local: number;
  #peer: number;
  readonly #initialPeer: number;
  /** The peer's limit that PATHS_BLOCKED named last; -1 before. */
  blockedAt = -1;

  constructor(local: number, peer: number) {
    this.#local = local;
    this.#peer = peer;
    this.#initialPeer = peer;
  }

  get local(): number {
    return this.#local;
  }

  get peer(): number {
    return this.#peer;
  }

  /** Highest path ID that both sides allow. */
  get common(): number {
    return Math.min(this.#local, this.#peer);
  }

  /** Allows one more path ID, in place of one that was abandoned; the new limit. */
  raiseLocal(): number {
    this.#local = Math.min(this.#local + 1, MAX_PATH_ID);
    return this.#local;
  }

  /** A MAX_PATH_ID frame; `invalid` is a PROTOCOL_VIOLATION. */
  receiveMaximum(maximum: number): 'invalid' | 'ignored' | 'raised' {
    if (maximum > MAX_PATH_ID || maximum < this.#initialPeer) return 'invalid';
    if (maximum <= this.#peer) return 'ignored';
    this.#peer = maximum;
    return 'raised';
  }
}
