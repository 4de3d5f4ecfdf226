import type { RoomView } from '@undertone/client/view';
import { paths, routeOf } from '../app/routes.ts';
import type { ChatState } from '../state/chat-state.svelte.ts';

const key = 'undertone.last-room';

export const roomPath = (room: RoomView): string =>
  room.slug === null ? paths.thread(room.id) : paths.room(room.slug);

/** Remember where one was, for the next visit of `/`. */
export function rememberPath(path: string): void {
  try {
    localStorage.setItem(key, path);
  } catch {
    // Storage is refused: the next visit begins in the lobby.
  }
}

/** Nobody's room is remembered here any more. */
export function forgetPath(): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Where storage is refused nothing was remembered.
  }
}

function lastPath(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Where `/` leads: the room visited last, else the lobby, else the first room. */
export function homePath(chat: ChatState): string | undefined {
  const last = lastPath();
  if (last !== null) {
    const route = routeOf(last);
    if (route.page === 'room' && chat.roomBySlug(route.slug)) return last;
    if (route.page === 'thread' && chat.rooms.has(route.id)) return last;
  }
  const room = chat.roomBySlug('lobby') ?? chat.publicRooms[0] ?? chat.threads[0];
  return room && roomPath(room);
}
