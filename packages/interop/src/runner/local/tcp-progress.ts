/** How far a TCP flow has come, by the acknowledgments of its receiver. */
export class TcpProgress {
  octets = 0;
  #last = 0;

  /** The numbers begin anywhere and wrap; those of a SYN are 0, and one that overtook another goes back. */
  acknowledged(number: number): void {
    if (number === 0) return;
    const step = this.#last === 0 ? 0 : (number - this.#last) | 0;
    if (step < 0) return;
    this.octets += step;
    this.#last = number;
  }
}
