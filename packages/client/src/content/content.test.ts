import { generateSigningKey, type SigningKey } from '@undertone/identity';
import {
  type AccountId,
  type BlobId,
  type DeviceId,
  type EntryId,
  type Epoch,
  type Generation,
  limits,
  type RoomId,
  type Seq,
} from '@undertone/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes, utf8 } from '../bytes.ts';
import { type BoxContext, bodyKey } from './content-key.ts';
import { type ContentDocument, decodeDocument, encodeDocument, textBytes } from './document.ts';
import { decodeLink, encodeLink } from './history-link.ts';
import { pad, unpad } from './padding.ts';
import { openBox, sealBox } from './signed-box.ts';

describe('padding', () => {
  it('C1 gives back what was padded, in a power of two from 256 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (data) => {
        const padded = pad(data);
        expect(Math.log2(padded.length) % 1).toBe(0);
        expect(padded.length).toBeGreaterThanOrEqual(256);
        expect(unpad(padded)).toEqual(data);
      }),
    );
  });

  it('C1 texts of different lengths in one class look alike', () => {
    expect(pad(utf8('yes')).length).toBe(pad(utf8('no, and here is why: '.repeat(9))).length);
  });

  it('C1 wrong padding is noticed', () => {
    expect(unpad(new Uint8Array(256))).toBeUndefined();
    expect(unpad(new Uint8Array(0))).toBeUndefined();
    expect(unpad(new Uint8Array(256).fill(1))).toBeUndefined();
  });
});

describe('content documents', () => {
  const read = (value: unknown) => decodeDocument(pad(utf8(JSON.stringify(value))));

  it('C3 every text up to the limit survives', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme', maxLength: 500 }), (text) => {
        const parsed = decodeDocument(encodeDocument({ v: 1, type: 'text', text }));
        expect(parsed).toEqual({ kind: 'document', document: { v: 1, type: 'text', text } });
      }),
    );
    const longest = 'é'.repeat(limits.messageTextMaxBytes / 2);
    expect(textBytes(longest)).toBe(limits.messageTextMaxBytes);
    const body = encodeDocument({ v: 1, type: 'text', text: longest });
    expect(decodeDocument(body).kind).toBe('document');
    expect(body.length + 1024).toBeLessThan(limits.envelopeMaxBytes);
  });

  it('C3 every kind of document survives, and one whose fields are not right is malformed', () => {
    const target = { seq: 3 as Seq, device: crypto.randomUUID() as DeviceId, id: crypto.randomUUID() as EntryId };
    const blob = crypto.randomUUID() as BlobId;
    const file = {
      v: 1,
      type: 'file',
      blob,
      key: 'A'.repeat(43),
      digest: 'B'.repeat(43),
      name: 'a.png',
      mediaType: 'image/png',
      bytes: 3,
    } as const;
    const documents: ContentDocument[] = [
      { v: 1, type: 'text', text: 'x', reply: target, mentions: [crypto.randomUUID() as AccountId] },
      { v: 1, type: 'edit', target, text: 'y' },
      { v: 1, type: 'delete', target },
      { v: 1, type: 'react', target, emoji: '👩‍🚀', on: true },
      { v: 1, type: 'pin', target, on: false, known: [target] },
      { v: 1, type: 'receipt', delivered: 4 as Seq, read: 3 as Seq },
      file,
      { v: 1, type: 'answer', target, answer: 'declined' },
    ];
    for (const document of documents) {
      expect(decodeDocument(encodeDocument(document))).toEqual({ kind: 'document', document });
    }
    for (const wrong of [
      { v: 1, type: 'delete' },
      { v: 1, type: 'delete', target: { ...target, seq: -1 } },
      { v: 1, type: 'delete', target: { ...target, id: 'x' } },
      { v: 1, type: 'react', target, emoji: '👍'.repeat(100), on: true },
      { v: 1, type: 'receipt', delivered: 1.5 },
      { ...file, key: 'short' },
      { ...file, digest: 'short' },
      { ...file, digest: undefined },
      { ...file, bytes: -1 },
      { ...file, name: '' },
      { ...file, name: 'n'.repeat(256) },
      { ...file, thumbnail: 'A'.repeat(20_000) },
      { v: 1, type: 'pin', target, on: true, known: Array(51).fill(target) },
    ]) {
      expect(read(wrong)).toEqual({ kind: 'malformed' });
    }
  });

  it('C10 the largest offer of a file fits into an envelope', () => {
    const offer = encodeDocument({
      v: 1,
      type: 'file',
      blob: crypto.randomUUID() as BlobId,
      key: 'A'.repeat(43),
      digest: 'B'.repeat(43),
      name: '"'.repeat(limits.fileNameMaxBytes),
      mediaType: 'x'.repeat(127),
      bytes: Number.MAX_SAFE_INTEGER,
      thumbnail: 'A'.repeat(Math.ceil((limits.thumbnailMaxBytes * 4) / 3)),
      caption: 'é'.repeat(limits.captionMaxBytes / 2),
      mentions: Array.from({ length: limits.mentionsPerMessage }, () => crypto.randomUUID() as AccountId),
    });
    expect(offer.length + 1024).toBeLessThan(limits.envelopeMaxBytes);
  });

  it('C3 another version or type is of a newer app, not an error', () => {
    expect(read({ v: 1, type: 'poll', question: '?' })).toEqual({ kind: 'newer_version' });
    expect(read({ v: 2, type: 'text', text: 'x', more: [] })).toEqual({ kind: 'newer_version' });
  });

  it('C3 fields that a newer app adds to a text are ignored', () => {
    expect(read({ v: 1, type: 'text', text: 'x', mood: 1 }).kind).toBe('document');
  });

  it('C4 nonsense is malformed and never throws', () => {
    for (const value of [
      null,
      1,
      'x',
      [],
      {},
      { v: 1, type: 'text' },
      { v: 1, type: 'text', text: '' },
      { v: 0, type: 'x' },
    ]) {
      expect(read(value)).toEqual({ kind: 'malformed' });
    }
    expect(read({ v: 1, type: 'text', text: 'x'.repeat(limits.messageTextMaxBytes + 1) })).toEqual({
      kind: 'malformed',
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
        expect(decodeDocument(data).kind).toBe('malformed');
        expect(['malformed', 'newer_version', 'document']).toContain(decodeDocument(pad(data)).kind);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(['malformed', 'newer_version', 'document']).toContain(decodeDocument(pad(utf8(json))).kind);
      }),
    );
  });
});

describe('boxes of shared rooms', () => {
  const purpose = 'undertone shared message 1';
  const context: BoxContext = {
    room: '11111111-1111-4111-8111-111111111111' as RoomId,
    generation: 1 as Generation,
    epoch: 3 as Epoch,
    device: '22222222-2222-4222-8222-222222222222' as DeviceId,
    id: '33333333-3333-4333-8333-333333333333' as EntryId,
  };
  const plaintext = utf8('attack at dawn');
  const contentKey = randomBytes(32);
  let sender: SigningKey;
  let body: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    sender = await generateSigningKey();
    body = await sealBox(purpose, context, contentKey, sender.privateKey, plaintext);
  });

  const open = (change: Partial<BoxContext> = {}, keys = [contentKey], key = sender.publicKey, data = body) =>
    openBox(purpose, { ...context, ...change }, keys, key, data);

  it('H2 opens for holders of the content key, among others that they hold', async () => {
    expect(await open()).toEqual({ kind: 'opened', plaintext });
    expect(await open({}, [randomBytes(32), contentKey])).toEqual({ kind: 'opened', plaintext });
  });

  it('H2 shows nothing of the text, and says the same thing differently each time', async () => {
    const again = await sealBox(purpose, context, contentKey, sender.privateKey, plaintext);
    expect(again).not.toEqual(body);
    expect(new TextDecoder('latin1').decode(body)).not.toContain('dawn');
  });

  it('H2 without the key there is nothing to read', async () => {
    expect(await open({}, [])).toEqual({ kind: 'no_key' });
    expect(await open({}, [randomBytes(32)])).toEqual({ kind: 'no_key' });
  });

  it('H2 a body moved to another room, generation, epoch, sender or id is forged', async () => {
    const other = '44444444-4444-4444-8444-444444444444';
    const moves: Partial<BoxContext>[] = [
      { room: other as RoomId },
      { generation: 2 as Generation },
      { epoch: 4 as Epoch },
      { device: other as DeviceId },
      { id: other as EntryId },
    ];
    for (const move of moves) expect(await open(move)).toEqual({ kind: 'forged' });
  });

  it('H2 a member who holds the content key cannot speak for another', async () => {
    const impostor = await generateSigningKey();
    const forged = await sealBox(purpose, context, contentKey, impostor.privateKey, utf8('I resign'));
    expect(await open({}, [contentKey], sender.publicKey, forged)).toEqual({ kind: 'forged' });
  });

  it('H2 a box of one purpose does not open as another', async () => {
    const link = await sealBox('undertone history link 1', context, contentKey, sender.privateKey, plaintext);
    expect(await open({}, [contentKey], sender.publicKey, link)).toEqual({ kind: 'forged' });
  });

  it('H3 no changed byte is accepted, and none makes it throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = body.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect((await open({}, [contentKey], sender.publicKey, changed)).kind).not.toBe('opened');
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (data) => {
        expect((await open({}, [contentKey], sender.publicKey, data)).kind).toBe('undecryptable');
      }),
    );
  });

  it('H2 key and nonce differ with salt, label and context', async () => {
    const ivs = new Set<string>();
    const salt = randomBytes(16);
    for (const [s, label, bound] of [
      [salt, 'a', utf8('x')],
      [randomBytes(16), 'a', utf8('x')],
      [salt, 'b', utf8('x')],
      [salt, 'a', utf8('y')],
    ] as const) {
      ivs.add((await bodyKey(contentKey, s, label, bound)).iv.join());
    }
    expect(ivs.size).toBe(4);
  });
});

describe('history links', () => {
  it('H4 carry keys with their epochs; anything else is not a link', () => {
    const keys = [
      { generation: 1 as Generation, epoch: 0 as Epoch, key: randomBytes(32) },
      { generation: 2 as Generation, epoch: 7 as Epoch, key: randomBytes(32) },
    ];
    expect(decodeLink(encodeLink(keys))).toEqual(keys);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (data) => decodeLink(data) === undefined));
  });
});
