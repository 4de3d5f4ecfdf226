import { z } from 'zod';
import { AccountId, TimestampMs } from '../ids.ts';

/** `POST /api/last-seen`: when accounts that are offline were last connected, to the minute; null where that is not to be seen (SPEC P4). */
export const LastSeenList = z.object({
  lastSeen: z.array(z.object({ account: AccountId, at: TimestampMs.nullable() })),
});
export type LastSeenList = z.infer<typeof LastSeenList>;

/** `GET /api/active` and `GET /api/rooms/:id/active`: a page of those who are there now (SPEC P5). */
export const ActivePeople = z.object({
  /** Of all pages; also of those who share no room with the asker, who are in no page. */
  count: z.number().int().min(0),
  /** False where not every server process could be asked: there may be more. */
  complete: z.boolean(),
  people: z.array(z.object({ account: AccountId, state: z.enum(['online', 'away']) })),
  /** For the next page, as `after`; null where this is the last one. */
  next: z.string().nullable(),
});
export type ActivePeople = z.infer<typeof ActivePeople>;
