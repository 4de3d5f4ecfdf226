import type { AccountId, DeviceId } from '@undertone/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeIdentity, parseIdentity } from './credential.ts';

const account = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a001' as AccountId;
const device = '7b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a003' as DeviceId;

it('I1 names the account and the device, and nothing else parses', () => {
  expect(parseIdentity(encodeIdentity({ account, device }))).toEqual({ account, device });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => parseIdentity(bytes) === undefined));
  expect(parseIdentity(new TextEncoder().encode(`${account}/${device}/x`))).toBeUndefined();
});
