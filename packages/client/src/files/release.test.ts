import { expect, it } from 'vitest';
import { release } from './release.ts';

it('frees the whole buffer', () => {
  const buffer = new ArrayBuffer(1024);
  release(new Uint8Array(buffer, 16, 32));
  expect(buffer.byteLength).toBe(0);
});
