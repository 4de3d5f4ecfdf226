import type { RoomState, ServerFrame } from '@undertone/protocol';
import type { Person } from './people.ts';

/** How a room is told, in every frame that tells of it. */
export function tellRoom(person: Person, change: (room: RoomState) => RoomState): void {
  person.incoming = (frame): ServerFrame[] => {
    if (frame.type === 'room') return [{ ...frame, room: change(frame.room) }];
    return frame.type === 'hello_ok' ? [{ ...frame, rooms: frame.rooms.map(change) }] : [frame];
  };
}
