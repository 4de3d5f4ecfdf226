import type { SearchCoverage } from '../view/index.ts';
import type { SearchableRoom } from './search-deps.ts';

const held = (room: SearchableRoom): number => room.oldestAt ?? Number.POSITIVE_INFINITY;

/** Rooms of which there is more, the one that reaches back least first. */
export function furthestFirst(rooms: readonly SearchableRoom[]): readonly SearchableRoom[] {
  return rooms.filter((room) => !room.complete).sort((a, b) => held(b) - held(a));
}

/** How far back a search in `rooms` reaches: as far as the room that reaches back least, where there is more of it. */
export function coverageOf(rooms: readonly SearchableRoom[]): SearchCoverage {
  const limiting = furthestFirst(rooms)[0];
  if (limiting) return { since: limiting.oldestAt, complete: false };
  const times = rooms.flatMap(({ oldestAt }) => oldestAt ?? []);
  return {
    since: times.length === 0 ? null : (Math.min(...times) as NonNullable<SearchCoverage['since']>),
    complete: true,
  };
}
