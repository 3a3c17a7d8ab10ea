/** Messages under way to the other thread, beyond which more are lost. */
export const TELLING_LIMIT = 4096;

/**
 * What one thread tells another without being asked, such as captured datagrams and packets: dropped, and counted, where
 * the other does not keep up. The count of messages under way is memory that both share.
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

/** Memory for a count of messages under way. */
export function createUnderWay(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** The other side took one of them. */
export function told(underWay: Int32Array<SharedArrayBuffer>): void {
  Atomics.sub(underWay, 0, 1);
}
