import { afterEach, expect, it, vi } from 'vitest';
import { ServerRetention } from './server-retention.svelte.ts';

afterEach(() => vi.unstubAllGlobals());

async function daysAfter(answer: () => Promise<Response>): Promise<number | undefined> {
  vi.stubGlobal('fetch', answer);
  const retention = new ServerRetention();
  await retention.load();
  return retention.days;
}

const json = (body: unknown, status = 200) => Response.json(body, { status });

it.each([0, 30])('L9 the server keeps messages for %i days', async (retentionDays) => {
  expect(await daysAfter(async () => json({ registration: 'open', version: '1', retentionDays }))).toBe(retentionDays);
});

it.each([{ retentionDays: '30' }, { retentionDays: -1 }, { retentionDays: 1.5 }, {}, null])(
  'what is no number of days stays unknown: %j',
  async (body) => {
    expect(await daysAfter(async () => json(body))).toBeUndefined();
  },
);

it('a refusal or no connection leaves it unknown, and it is asked for again', async () => {
  const answers = [
    () => Promise.reject(new TypeError('no connection')),
    async () => json({ error: { code: 'internal' } }, 500),
    async () => json({ retentionDays: 7 }),
  ];
  vi.stubGlobal('fetch', () => answers.shift()?.());
  const retention = new ServerRetention();
  await retention.load();
  await retention.load();
  expect(retention.days).toBeUndefined();
  await retention.load();
  expect(retention.days).toBe(7);
});
