import type { Generation, RoomState } from '@undertone/protocol';
import { utf8 } from '../bytes.ts';

/**
 * The MLS group of a room's generation (SPEC R1). What kind of room it is stands in it, so that members who are told different
 * things by the server are not in one group.
 */
export const groupIdOf = (
  { id, kind, policy }: Pick<RoomState, 'id' | 'kind' | 'policy'>,
  generation: Generation,
): Uint8Array<ArrayBuffer> => utf8(`${id}/${generation}/${kind}/${policy}`);
