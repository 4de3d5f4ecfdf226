import { decode, encode } from '@msgpack/msgpack';
import type { AccountId, DeviceId } from '@undertone/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createRootEntry,
  encodeIdentity,
  generateSigningKey,
  KeyLogError,
  parseIdentity,
  type SigningKey,
  safetyNumber,
  verifyKeyLog,
} from './index.ts';

const account = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a001' as AccountId;
const other = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a002' as AccountId;
const device = '7b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a003' as DeviceId;

let key: SigningKey;
let entry: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  key = await generateSigningKey();
  entry = await createRootEntry({ account, device }, key);
});

const codeOf = async (entries: Uint8Array<ArrayBuffer>[], of = account): Promise<unknown> =>
  await verifyKeyLog(of, entries).then(
    () => 'accepted',
    (error: unknown) => (error instanceof KeyLogError ? error.code : error),
  );

describe('credential', () => {
  it('I1 names the account and the device, and nothing else parses', () => {
    expect(parseIdentity(encodeIdentity({ account, device }))).toEqual({ account, device });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => parseIdentity(bytes) === undefined));
    expect(parseIdentity(new TextEncoder().encode(`${account}/${device}/x`))).toBeUndefined();
  });
});

describe('key log', () => {
  it('I2 a root entry verifies and gives the device its key', async () => {
    const log = await verifyKeyLog(account, [entry]);
    expect(log.devices.get(device)).toEqual(key.publicKey);
    expect(log.root).toHaveLength(32);
  });

  it('I2 the key is made so that it cannot be taken out', () => {
    expect(key.privateKey.extractable).toBe(false);
  });

  it('I2 an entry of another account, an empty log and a log with unknown entries are refused', async () => {
    expect(await codeOf([entry], other)).toBe('wrong_account');
    expect(await codeOf([])).toBe('malformed');
    expect(await codeOf([entry, entry])).toBe('unknown_entry');
  });

  it('I3 an entry signed by another key than the one it names is refused', async () => {
    const [body] = decode(entry) as [Uint8Array, Uint8Array];
    const impostor = await createRootEntry({ account, device }, await generateSigningKey());
    const [, signature] = decode(impostor) as [Uint8Array, Uint8Array];
    expect(await codeOf([encode([body, signature])])).toBe('bad_signature');
  });

  it('I2 no changed byte goes unnoticed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(entry.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = entry.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(await codeOf([changed])).not.toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });
});

describe('safety number', () => {
  const root = (fill: number) => new Uint8Array(32).fill(fill);

  it('I6 is the same for both, 60 digits, and changes with either root', async () => {
    const mine = await safetyNumber({ account, root: root(1) }, { account: other, root: root(2) });
    const theirs = await safetyNumber({ account: other, root: root(2) }, { account, root: root(1) });
    expect(mine).toBe(theirs);
    expect(mine).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await safetyNumber({ account, root: root(3) }, { account: other, root: root(2) })).not.toBe(mine);
    expect(await safetyNumber({ account, root: root(1) }, { account: other, root: root(3) })).not.toBe(mine);
  });
});
