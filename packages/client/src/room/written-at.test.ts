import type { BlobId, EntryId } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { type ContentDocument, decodeDocument, encodeDocument } from '../content/document.ts';
import { pad } from '../content/padding.ts';
import type { OutboxRecord } from '../storage/records.ts';
import { messageAt } from '../testing/log-entries.ts';
import { sentDocument } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { messageRow, type SaidDocument } from './rows.ts';

const deps = { self: {}, identities: { isFormer: () => false } } as unknown as RoomDeps;
const entry = messageAt(7);
const minutes = (n: number) => n * 60_000;

const said: Readonly<Record<'text' | 'file', SaidDocument & ContentDocument>> = {
  text: { v: 1, type: 'text', text: 'hello' },
  file: {
    v: 1,
    type: 'file',
    blob: '00000000-0000-4000-8000-00000000000b' as BlobId,
    key: 'A'.repeat(43),
    digest: 'A'.repeat(43),
    name: 'a.txt',
    mediaType: 'text/plain',
    bytes: 1,
  },
};

describe('when a message was written', () => {
  for (const [type, document] of Object.entries(said)) {
    it.each([
      [0, false],
      [minutes(10), false],
      [-minutes(10), false],
      [minutes(10) + 1, true],
      [-minutes(10) - 1, true],
      [-entry.at, true],
      [8_640_000_000_000_000 - entry.at, true],
    ])(`C11 is in a ${type}, and shown where it is ten minutes from the server's word (%i ms)`, (by, shown) => {
      const parsed = decodeDocument(encodeDocument({ ...document, sentAt: entry.at + by }));
      if (parsed.kind !== 'document') throw new Error('not read');
      const { writtenAt } = messageRow(deps, entry, parsed.document as SaidDocument);
      expect(writtenAt).toBe(shown ? entry.at + by : undefined);
    });

    it(`C11 a ${type} without it shows the server's word alone`, () => {
      expect(messageRow(deps, entry, document)).not.toHaveProperty('writtenAt');
    });

    it.each(['-1', '1.5', '8640000000000001', '1e308', '"now"', 'null', '[]', '{}'])(
      `C11 C4 %s is none: a ${type} with it is not read`,
      (sentAt) => {
        const json = JSON.stringify(document).replace(/}$/, `,"sentAt":${sentAt}}`);
        expect(decodeDocument(pad(utf8(json))).kind).toBe('malformed');
      },
    );

    it(`C11 is put to a ${type} that is sent: when it was written, not when it goes out`, () => {
      const item: OutboxRecord = {
        id: '00000000-0000-4000-8000-00000000000c' as EntryId,
        number: 1,
        document,
        at: 1_234,
      };
      expect(sentDocument(item)).toEqual({ ...document, sentAt: 1_234 });
    });
  }
});
