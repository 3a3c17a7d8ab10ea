/** Starts `action` again and again, `width` at a time, while `more` says so; gives how many were done. */
export async function inParallel(
  width: number,
  more: () => boolean,
  action: () => Promise<void>,
): Promise<number> {
  let done = 0;
  const work = async (): Promise<void> => {
    while (more()) {
      await action();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return done;
}
