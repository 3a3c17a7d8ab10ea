/** Placeholder until the frame table stands. */
export interface Frame {
  readonly type: string;
}
