import type { EntryId, RoomId } from '@undertone/protocol';

// The schemas of the protocol package would do this too, but the chat would have to load zod for them.

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const newEntryId = (): EntryId => crypto.randomUUID() as EntryId;

export const roomIdOf = (text: string): RoomId | undefined => (uuid.test(text) ? (text as RoomId) : undefined);
