import { z } from 'zod';
import { visibleName } from '../account/visible-name.ts';
import { limits } from '../limits.ts';
import { RoomListing, RoomMember } from '../room/room.ts';

export const RoomDirectory = z.object({ rooms: z.array(RoomListing) });
export type RoomDirectory = z.infer<typeof RoomDirectory>;

/** `POST /api/rooms`: make a public room; its creator is its first member. */
export const CreateRoomRequest = z.strictObject({
  name: visibleName(limits.roomNameMaxChars),
  topic: z.union([z.string().trim().max(0), visibleName(limits.roomTopicMaxChars)]).default(''),
  policy: z.literal('shared').default('shared'),
});
export type CreateRoomRequest = z.input<typeof CreateRoomRequest>;

/** `GET /api/rooms/:id/members`. */
export const RoomMembers = z.object({ members: z.array(RoomMember) });
export type RoomMembers = z.infer<typeof RoomMembers>;
