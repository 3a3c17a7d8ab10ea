/** The owner's view of an object that all others only read. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
