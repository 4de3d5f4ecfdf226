import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ClientFrame } from './client.ts';
import { decodeClientFrame, decodeServerFrame, encodeFrame } from './codec.ts';
import type { ServerFrame } from './server.ts';

const uuid = fc.uuid({ version: 4 });
const blob = (max: number) => fc.uint8Array({ minLength: 1, maxLength: max });
const count = fc.nat();
const authenticator = fc.uint8Array({ minLength: 32, maxLength: 32 });
const devices = fc.array(uuid, { maxLength: 5 });
const at = { room: uuid, generation: count, epoch: count };
const limit = fc.integer({ min: 1, max: limits.pageMaxEntries });
const type = <T extends string>(name: T) => fc.constant(name);

const nextGroupInfo = fc.oneof(
  fc.record({ groupInfo: blob(300) }),
  fc.record({
    groupInfoPatch: fc.record({
      splices: fc.array(fc.tuple(fc.constant(7), fc.constant(0), fc.uint8Array({ maxLength: 50 })), { maxLength: 3 }),
      sha256: authenticator,
    }),
  }),
);

const clientFrames = fc.oneof(
  fc.record({ type: type('hello'), ref: count, version: count }),
  fc.record({
    type: type('send'),
    ref: count,
    ...at,
    id: uuid,
    kind: fc.constantFrom('message', 'link'),
    body: blob(300),
  }),
  fc
    .record(
      {
        type: type('commit'),
        ref: count,
        ...at,
        id: uuid,
        external: fc.boolean(),
        commit: blob(300),
        welcome: blob(300),
        added: devices,
        removed: devices,
        authenticator,
      },
      {
        requiredKeys: [
          'type',
          'ref',
          'room',
          'generation',
          'epoch',
          'id',
          'external',
          'commit',
          'added',
          'removed',
          'authenticator',
        ],
      },
    )
    .chain((frame) => nextGroupInfo.map((groupInfo) => ({ ...frame, ...groupInfo }))),
  fc.record({
    type: type('found'),
    ref: count,
    room: uuid,
    generation: count,
    id: uuid,
    groupInfo: blob(300),
    authenticator,
    last: fc.option(fc.record({ epoch: count, authenticator })),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  }),
  fc.record({
    type: type('create_thread'),
    ref: count,
    room: uuid,
    id: uuid,
    members: fc.array(uuid, { minLength: 1, maxLength: 31 }),
    commit: blob(300),
    welcome: blob(300),
    groupInfo: blob(300),
    added: fc.array(uuid, { minLength: 1, maxLength: 5 }),
    authenticator,
  }),
  fc.record(
    { type: type('pull'), ref: count, room: uuid, after: count, before: count, limit },
    { requiredKeys: ['type', 'ref', 'room', 'limit'] },
  ),
  fc.record({ type: type('links'), ref: count, ...at, limit }),
  fc.record({ type: fc.constantFrom('group', 'welcome', 'welcome_done'), ref: count, room: uuid }),
  fc.record({
    type: type('report'),
    ref: count,
    room: uuid,
    seq: count,
    reason: fc.constantFrom('invalid_commit', 'roster_mismatch', 'authenticator_mismatch'),
  }),
  fc.record({ type: type('watch'), ref: count, accounts: fc.array(uuid, { maxLength: 5 }) }),
  fc.record({ type: type('ping'), ref: count }),
);

const code = (run: () => unknown): unknown => {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error;
  }
};

describe('frames', () => {
  it('T2 every client frame survives encoding and decoding', () => {
    fc.assert(
      fc.property(clientFrames, (frame) => {
        expect(decodeClientFrame(encodeFrame(frame as unknown as ClientFrame))).toEqual(frame);
      }),
    );
  });

  it('T4 arbitrary bytes are bad_frame and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
        expect(code(() => decodeClientFrame(data))).toBe('bad_frame');
        expect(code(() => decodeServerFrame(data))).toBe('bad_frame');
      }),
      { numRuns: 2_000 },
    );
  });

  it('T4 any value in place of a field is refused or was of the right type', () => {
    fc.assert(
      fc.property(clientFrames, fc.nat(), fc.anything(), (frame, pick, value) => {
        const keys = Object.keys(frame);
        const key = keys[pick % keys.length] ?? 'type';
        let data: Uint8Array;
        try {
          data = encode({ ...frame, [key]: value }, { ignoreUndefined: true });
        } catch {
          return; // not expressible in msgpack at all
        }
        const result = code(() => decodeClientFrame(data));
        expect(['no error', 'bad_frame']).toContain(result);
      }),
      { numRuns: 2_000 },
    );
  });

  it('T4 an unknown field is refused', () => {
    fc.assert(
      fc.property(clientFrames, (frame) => {
        expect(code(() => decodeClientFrame(encode({ ...frame, surprise: 1 })))).toBe('bad_frame');
      }),
    );
  });

  it('T4 every truncation of a frame is refused', () => {
    fc.assert(
      fc.property(clientFrames, fc.double({ min: 0, max: 0.99, noNaN: true }), (frame, share) => {
        const data = encodeFrame(frame as unknown as ClientFrame);
        expect(code(() => decodeClientFrame(data.subarray(0, Math.floor(data.length * share))))).toBe('bad_frame');
      }),
    );
  });

  it('T4 oversize frames and inflated headers are refused before they cost anything', () => {
    expect(code(() => decodeClientFrame(new Uint8Array(limits.frameMaxBytes + 1)))).toBe('too_large');
    expect(code(() => decodeClientFrame(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)))).toBe('bad_frame');
    expect(code(() => decodeClientFrame(Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff)))).toBe('bad_frame');
    expect(code(() => decodeClientFrame(new Uint8Array(100_000).fill(0x91)))).toBe('bad_frame');
  });

  it('R12 a commit carries a whole group info or a patch, not both and not neither', () => {
    const id = crypto.randomUUID();
    const commit = {
      ...{ type: 'commit', ref: 1, room: id, generation: 1, epoch: 1, id, external: false, added: [], removed: [] },
      ...{ commit: Uint8Array.of(1), authenticator: new Uint8Array(32) },
    };
    const whole = { groupInfo: Uint8Array.of(1) };
    const patch = { groupInfoPatch: { splices: [[0, 1, Uint8Array.of(2)]], sha256: new Uint8Array(32) } };
    expect(code(() => decodeClientFrame(encode({ ...commit, ...whole })))).toBe('no error');
    expect(code(() => decodeClientFrame(encode({ ...commit, ...patch })))).toBe('no error');
    expect(code(() => decodeClientFrame(encode({ ...commit, ...whole, ...patch })))).toBe('bad_frame');
    expect(code(() => decodeClientFrame(encode(commit)))).toBe('bad_frame');
  });

  it('T5 a field that a newer server adds is ignored', () => {
    const frame: ServerFrame = { type: 'pong', ref: 7 };
    expect(decodeServerFrame(encode({ ...frame, surprise: true }))).toEqual(frame);
  });
});
