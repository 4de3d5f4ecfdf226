import { decode } from '@msgpack/msgpack';
import { type Epoch, type Founding, foundingBytes, type Generation, type RoomId } from '@undertone/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { signFounding, verifyFounding } from './founding.ts';
import { generateSigningKey, type SigningKey, signWithLabel } from './signing-key.ts';

const filled = (fill: number) => new Uint8Array(32).fill(fill);
const founding: Founding = {
  room: '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a001' as RoomId,
  generation: 3 as Generation,
  last: { epoch: 7 as Epoch, authenticator: filled(1) },
  groupInfoHash: filled(2),
  authenticator: filled(3),
};

let key: SigningKey;
let signature: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  key = await generateSigningKey();
  signature = await signFounding(key.privateKey, founding);
});

describe('foundings', () => {
  it('R13 the bytes are a label, a line feed and an array', () => {
    const label = new TextEncoder().encode('undertone found 1\n');
    const bytes = foundingBytes(founding);
    expect(bytes.subarray(0, label.length)).toEqual(label);
    expect(decode(bytes.subarray(label.length))).toEqual([
      founding.room,
      3,
      7,
      filled(1),
      filled(2),
      new Uint8Array(0),
      filled(3),
    ]);
    const first = foundingBytes({ ...founding, last: null });
    expect(decode(first.subarray(label.length))).toMatchObject({ 2: -1, 3: new Uint8Array(0) });
  });

  it('R13 the founder signs just those bytes', async () => {
    expect(await verifyFounding(key.publicKey, founding, signature)).toBe(true);
    const message = foundingBytes(founding).slice('undertone found 1\n'.length);
    expect(await signWithLabel(key.privateKey, 'undertone found 1', message)).toEqual(signature);
  });

  it.each<[string, Partial<Founding>]>([
    ['room', { room: '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a002' as RoomId }],
    ['generation', { generation: 4 as Generation }],
    ['last epoch', { last: { epoch: 8 as Epoch, authenticator: filled(1) } }],
    ['last authenticator', { last: { epoch: 7 as Epoch, authenticator: filled(9) } }],
    ['missing epoch before', { last: null }],
    ['group info', { groupInfoHash: filled(9) }],
    ['authenticator', { authenticator: filled(9) }],
  ])('R13 a signature is for no other %s', async (_, change) => {
    expect(await verifyFounding(key.publicKey, { ...founding, ...change }, signature)).toBe(false);
  });

  it('R13 another device did not sign it, and garbage is no signature', async () => {
    expect(await verifyFounding((await generateSigningKey()).publicKey, founding, signature)).toBe(false);
    expect(await verifyFounding(key.publicKey, founding, new Uint8Array(3))).toBe(false);
    expect(await verifyFounding(new Uint8Array(31), founding, signature)).toBe(false);
  });
});
