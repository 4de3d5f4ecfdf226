import { describe, expect, test } from 'vitest';
import { Directory } from './directory.ts';
import { Room } from './room.ts';

describe('the ratchet tree', () => {
  // ts-mls 1.6.4 unpatched refuses this valid tree: its unmerged leaves lie in two subtrees (RFC 9420 §7.9.2).
  test('with unmerged leaves in different subtrees can be joined', async () => {
    const directory = new Directory();
    const all = await directory.devices('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
    const [x, y, z] = await directory.devices('x', 'y', 'z');
    const [a, b, , , , , g] = all;
    const room = await Room.create(a);
    for (const device of all.slice(1)) await room.joinExternal(device);
    expect(room.leafOf(b)).toBe(1);
    expect(room.leafOf(g)).toBe(6);
    await room.remove(a, b);
    await room.remove(a, g);
    await room.add(a, x);
    await room.add(a, y);
    await room.joinExternal(z);
    await room.say(y, 'all here');
    await room.say(z, 'me too');
  });
});
