/** Messages under way to the main thread, beyond which more of those that may be lost are. */
export const TELLING_LIMIT = 4096;

/**
 * What a worker tells without being asked, such as captured datagrams: dropped, and counted, where the main thread does not
 * keep up. The count of messages under way is memory that both threads share.
 */
export class Telling<Message> {
  readonly #post: (message: Message) => void;
  readonly #underWay: Int32Array<SharedArrayBuffer>;
  readonly #onFirstLoss: () => void;
  #dropped = 0;

  constructor(
    post: (message: Message) => void,
    underWay: Int32Array<SharedArrayBuffer>,
    onFirstLoss: () => void,
  ) {
    this.#post = post;
    this.#underWay = underWay;
    this.#onFirstLoss = onFirstLoss;
  }

  get dropped(): number {
    return this.#dropped;
  }

  tell(message: Message): void {
    if (Atomics.load(this.#underWay, 0) >= TELLING_LIMIT) {
      this.#dropped += 1;
      if (this.#dropped === 1) this.#onFirstLoss();
      return;
    }
    Atomics.add(this.#underWay, 0, 1);
    this.#post(message);
  }
}

/** The other side took one of them. */
export function told(underWay: Int32Array<SharedArrayBuffer>): void {
  Atomics.sub(underWay, 0, 1);
}
