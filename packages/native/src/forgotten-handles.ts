import type { Handle } from './addon.ts';

/** What no object of the addon is called. */
export const NO_HANDLE: Handle = 0;

/** Handles whose owners are watched as one: the garbage collector takes it once all of them are gone. */
export interface HandleGroup {
  /** {@link NO_HANDLE} in the places of those that were released. */
  readonly handles: Handle[];
}

/**
 * Releases handles whose owners are gone without having done so. To watch an object costs the garbage collector more
 * than to make keys: so owners made one after the other are watched together, by a group that each of them keeps.
 */
export class ForgottenHandles {
  readonly #registry: FinalizationRegistry<Handle[]>;
  #group: HandleGroup = { handles: [] };

  constructor(release: (handle: Handle) => void) {
    this.#registry = new FinalizationRegistry((handles) => {
      handles.forEach((handle) => {
        if (handle !== NO_HANDLE) release(handle);
      });
    });
    this.#watch();
  }

  /** The group of one more handle, which its owner keeps until it tells {@link settle}. */
  add(handle: Handle): HandleGroup {
    if (this.#group.handles.length === GROUP_SIZE) {
      this.#group = { handles: [] };
      this.#watch();
    }
    this.#group.handles.push(handle);
    return this.#group;
  }

  #watch(): void {
    this.#registry.register(this.#group, this.#group.handles);
  }
}

/** The owner of a handle releases it itself. */
export function settle({ handles }: HandleGroup, handle: Handle): void {
  const at = handles.indexOf(handle);
  if (at >= 0) handles[at] = NO_HANDLE;
}

const GROUP_SIZE = 32;
