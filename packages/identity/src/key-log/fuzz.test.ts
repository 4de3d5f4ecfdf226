import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { signWithLabel } from '../signing-key.ts';
import { alice, type Bytes, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { createVersion1Entry } from '../testing/version-1-entry.ts';
import { kinds } from './kinds/kinds.ts';
import { signNextEntry } from './next-entry.ts';

let machine: Machine;
let sample: SampleLog;
let version1: Bytes;
beforeAll(async () => {
  machine = await newMachine();
  sample = await SampleLog.begin(alice, machine);
  version1 = await createVersion1Entry({ account: alice, device: machine.device }, machine.key);
});

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => new Uint8Array(data));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.uuid(),
    fc.constantFrom(0, 1, 32, 64).map((length) => new Uint8Array(length)),
    fc.array(tie('any'), { maxLength: 9 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
  ),
})).any;

// `refusalOf` rethrows what is not a KeyLogError, and that fails the test.
it('K4 whatever bytes come, a KeyLogError refuses them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes(300), { maxLength: 4 }), async (entries) => {
      expect(await refusalOf(alice, entries)).not.toBe('accepted');
      expect(await refusalOf(alice, [...sample.log.entries, ...entries, new Uint8Array(0)])).not.toBe('accepted');
    }),
    { numRuns: 300 },
  );
});

it('K4 whatever a signed body says, a KeyLogError refuses it', async () => {
  const safe = value.filter((any) => !JSON.stringify(any)?.includes('__proto__'));
  await fc.assert(
    fc.asyncProperty(fc.oneof(safe, fc.array(safe, { minLength: 9, maxLength: 9 })), async (any) => {
      const body = encode(any).slice();
      const signature = await signWithLabel(machine.key.privateKey, 'undertone key log 2 entry', body);
      for (const entry of [encode([body, signature]), encode([any, signature]), encode(any)]) {
        expect(await refusalOf(alice, [entry.slice()])).not.toBe('accepted');
        expect(await refusalOf(alice, [...sample.log.entries, entry.slice()])).not.toBe('accepted');
      }
    }),
    { numRuns: 200 },
  );
});

it('K4 whatever the payload of a known kind is, a KeyLogError refuses it unless it has its form', async () => {
  const noPayload = ['keep_recovery', 'recovery_lost', 'remove_recovery'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds.keys()), fc.array(value, { maxLength: 7 }), async (kind, payload) => {
      const result = await sample.refusal(signNextEntry(sample.by(machine), kind, payload));
      const expected = noPayload.includes(kind) && payload.length === 0 ? 'no_recovery' : 'malformed';
      expect(result).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

it('I2 no changed byte of a version 1 log goes unnoticed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(version1.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = version1.map((old, i) => (i === at ? old ^ flip : old));
      expect(await refusalOf(alice, [changed])).not.toBe('accepted');
    }),
    { numRuns: 300 },
  );
});
