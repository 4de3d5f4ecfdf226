import type { CommitEntry, Epoch, LogEntry, MessageEntry, RoomId, Seq, ServerFrame } from '@undertone/protocol';
import { decodeServerFrame, encodeFrame } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { account, device, messageAt, sampleEntries } from '../testing/log-entries.ts';
import { entryHash, epochHash, sha256Of } from './log-hash.ts';

const room = '00000000-0000-4000-8000-00000000000a' as RoomId;
const before = new Uint8Array(32).fill(9);
const hashOf = (entry: LogEntry) => {
  const hash = entryHash(before, entry);
  if (hash === undefined) throw new Error('no hash');
  return toHex(hash);
};

type Change = { readonly path: string; readonly value: unknown };

/** Every single change of a value but of its kind: of each field of it, of each field of those, and of each element. */
function changesOf(value: unknown): Change[] {
  if (typeof value === 'number') return [{ path: '', value: value + 1 }];
  if (typeof value === 'boolean') return [{ path: '', value: !value }];
  if (typeof value === 'string') return [{ path: '', value: `${value}x` }];
  if (value === null) return [{ path: '', value: { epoch: 0, authenticator: new Uint8Array(32) } }];
  if (value instanceof Uint8Array) {
    return [
      ...[...value.keys()].map((i) => ({ path: `${i}`, value: value.map((byte, at) => (at === i ? byte ^ 1 : byte)) })),
      { path: 'length', value: new Uint8Array([...value, 0]) },
    ];
  }
  if (Array.isArray(value)) {
    return [
      { path: 'more', value: [...value, account] },
      { path: 'less', value: value.slice(1) },
      ...value.flatMap((one, i) =>
        changesOf(one).map(({ path, value: changed }) => ({ path: `${i}.${path}`, value: value.with(i, changed) })),
      ),
    ];
  }
  const fields = Object.entries(value as object).filter(([key]) => key !== 'kind');
  return fields.flatMap(([key, field]) =>
    changesOf(field).map(({ path, value: changed }) => ({
      path: `${key}.${path}`,
      value: { ...(value as object), [key]: changed },
    })),
  );
}

describe('the hash of the log', () => {
  for (const [name, entry] of Object.entries(sampleEntries)) {
    it(`E2 changes with every declared field of a ${name}`, () => {
      const changes = changesOf(entry);
      expect(changes.length).toBeGreaterThan(8);
      const hashes = new Map([[hashOf(entry), 'as it is']]);
      for (const { path, value } of changes) {
        const hash = hashOf(value as LogEntry);
        expect(`${path}: ${hashes.get(hash) ?? 'new'}`).toBe(`${path}: new`);
        hashes.set(hash, path);
      }
    });

    it(`E2 is the same after the wire for a ${name}`, () => {
      const frame = { type: 'entries', room, entries: [entry] } satisfies ServerFrame;
      const received = decodeServerFrame(encodeFrame(frame));
      if (received.type !== 'entries' || received.entries[0] === undefined) throw new Error('not received');
      expect(hashOf(received.entries[0])).toBe(hashOf(entry));
    });
  }

  it('E2 tells kinds with the same fields apart', () => {
    const { message, link } = sampleEntries;
    expect(hashOf(message as LogEntry)).not.toBe(hashOf(link as LogEntry));
  });

  it('E2 keeps what is added apart from what is removed', () => {
    const commit = { ...(sampleEntries.commit as CommitEntry), added: [device], removed: [] };
    expect(hashOf(commit)).not.toBe(hashOf({ ...commit, added: [], removed: [device] }));
  });

  it('E2 hangs on all that came before', () => {
    const entry = messageAt(7);
    expect(entryHash(before.with(31, 8), entry)).not.toEqual(entryHash(before, entry));
  });

  it('E2 of an emptied message is that of the message, by its digest, and another without one', () => {
    const entry = messageAt(7, [1, 2, 3]);
    const emptied: MessageEntry = { ...entry, body: new Uint8Array() };
    expect(hashOf({ ...emptied, digest: sha256Of(entry.body) })).toBe(hashOf(entry));
    expect(hashOf(emptied)).toBe(hashOf({ ...emptied, digest: new Uint8Array(32) }));
    expect(hashOf(emptied)).not.toBe(hashOf(entry));
    // A digest beside a body says nothing.
    expect(hashOf({ ...entry, digest: new Uint8Array(32) })).toBe(hashOf(entry));
  });

  it('E1 begins with group, epoch, authenticator and place', () => {
    const group = new Uint8Array([1]);
    const authenticator = new Uint8Array(32);
    const hashes = [
      epochHash(group, 1 as Epoch, authenticator, 5 as Seq),
      epochHash(new Uint8Array([2]), 1 as Epoch, authenticator, 5 as Seq),
      epochHash(group, 2 as Epoch, authenticator, 5 as Seq),
      epochHash(group, 1 as Epoch, authenticator.with(0, 1), 5 as Seq),
      epochHash(group, 1 as Epoch, authenticator, 6 as Seq),
    ];
    expect(new Set(hashes.map(toHex)).size).toBe(hashes.length);
  });
});
