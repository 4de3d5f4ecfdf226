import type { RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EncodedEntries } from '../bus/encoded-entries.ts';
import { serverLimits } from '../server-limits.ts';
import type { Connection } from './connection.ts';
import { RoomSockets } from './room-sockets.ts';

const { busyRoomMs, busyRoomEntries, busyRoomBytes } = serverLimits;
const room = 'a-room' as RoomId;

/** What a socket was told, by the last place of each frame. */
class Listener {
  readonly told: number[] = [];
  entries(_room: RoomId, last: Seq): void {
    this.told.push(last);
  }
}

let sockets: RoomSockets;
let listener: Listener;
let head: number;

/** The next entries of the log, appended together; returns the place of the last. */
function append(count: number, { plain = true, bytes = 100 } = {}): number {
  const first = head + 1;
  head += count;
  const entries: EncodedEntries = { first: first as Seq, last: head as Seq, plain, frame: new Uint8Array(bytes) };
  sockets.entries(entries);
  return head;
}

const join = (one: Listener): void => sockets.add(one as unknown as Connection);
const leave = (one: Listener): void => sockets.remove(one as unknown as Connection);

beforeEach(() => {
  vi.useFakeTimers();
  sockets = new RoomSockets(room);
  listener = new Listener();
  head = 0;
  join(listener);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the sockets of a room', () => {
  it('are told at once, one flush at a time, while less is said than makes a room busy', () => {
    const places = Array.from({ length: busyRoomEntries }, () => append(1));
    expect(listener.told).toEqual(places);
    vi.advanceTimersByTime(busyRoomMs);
    const next = append(1);
    expect(listener.told).toEqual([...places, next]);
  });

  it('of a busy room are told together when the span ends, in order', () => {
    const first = append(busyRoomEntries);
    const rest = [append(3), append(2)];
    vi.advanceTimersByTime(busyRoomMs - 1);
    expect(listener.told).toEqual([first]);
    vi.advanceTimersByTime(1);
    expect(listener.told).toEqual([first, ...rest]);
  });

  it('go on being told once a span while the room is busy, and at once when it no longer is', () => {
    const first = append(busyRoomEntries);
    const second = append(busyRoomEntries);
    vi.advanceTimersByTime(busyRoomMs);
    expect(listener.told).toEqual([first, second]);
    const third = append(1);
    expect(listener.told).toEqual([first, second]);
    vi.advanceTimersByTime(busyRoomMs);
    expect(listener.told).toEqual([first, second, third]);
    const fourth = append(1);
    expect(listener.told).toEqual([first, second, third, fourth]);
  });

  it('are told of a change of the group at once, after what was said before it', () => {
    append(busyRoomEntries);
    append(1);
    append(1, { plain: false });
    expect(listener.told).toEqual([busyRoomEntries, busyRoomEntries + 1, busyRoomEntries + 2]);
    vi.advanceTimersByTime(busyRoomMs);
    expect(listener.told).toHaveLength(3);
  });

  it('are told at once when much gathers', () => {
    append(busyRoomEntries);
    append(1, { bytes: busyRoomBytes });
    expect(listener.told).toHaveLength(1);
    append(1);
    expect(listener.told).toHaveLength(3);
  });

  it('are told what waits when that is asked for, and once', () => {
    append(busyRoomEntries);
    append(1);
    sockets.flush();
    expect(listener.told).toHaveLength(2);
    vi.advanceTimersByTime(10 * busyRoomMs);
    expect(listener.told).toHaveLength(2);
  });

  it('are told no more after they left, and what waits for nobody is forgotten', () => {
    const other = new Listener();
    join(other);
    append(busyRoomEntries);
    append(1);
    leave(listener);
    vi.advanceTimersByTime(busyRoomMs);
    expect(listener.told).toHaveLength(1);
    expect(other.told).toHaveLength(2);
    append(busyRoomEntries);
    append(1);
    leave(other);
    expect(vi.getTimerCount()).toBe(0);
    expect(sockets.isEmpty).toBe(true);
  });
});
