import { expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.ts';

const cost = { memoryKiB: 1024, passes: 2 };

it('A2 hashes are argon2id with the cost that was asked for', async () => {
  expect(await new PasswordHasher(cost).hash('Correct horse 9')).toMatch(/^\$argon2id\$v=19\$m=1024,t=2,p=1\$/);
});

it('A2 the default cost is above the least that OWASP names (19 MiB, 2 passes)', async () => {
  const hash = await new PasswordHasher().hash('Correct horse 9');
  const [, memory = 0, passes = 0] = (/m=(\d+),t=(\d+)/.exec(hash) ?? []).map(Number);
  expect(memory).toBeGreaterThanOrEqual(19 * 1024);
  expect(passes).toBeGreaterThanOrEqual(2);
});

it('A3 nobody is verified without a hash, not even with the dummy password', async () => {
  const hasher = new PasswordHasher(cost);
  expect(await hasher.verify(undefined, 'nobody has this password')).toBe(false);
  expect(await hasher.verify(await hasher.hash('Correct horse 9'), 'Correct horse 9')).toBe(true);
});

it('a flood is refused instead of taking all memory', async () => {
  const hasher = new PasswordHasher(cost);
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => hasher.hash('Correct horse 9')));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused.length).toBe(100 - 2 - 64);
  expect(refused[0]).toMatchObject({ reason: { code: 'rate_limited' } });
});
