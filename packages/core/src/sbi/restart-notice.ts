import { object, type Shape, string } from './shape.ts';

/** What an AMF or SMF tells the other one after its start: sessions of another life of it are gone. */
export const restartNotice: Shape<{ readonly recoveryTime: string }> = object({
  recoveryTime: string(),
});
