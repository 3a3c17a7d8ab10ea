/** Packets that are sealed by one call. */
export const RUN_LIMIT = 64;
