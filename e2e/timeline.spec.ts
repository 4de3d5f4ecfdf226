import { prepareRefusal, refuseSends } from './support/refusal.ts';
import { expect, lostConnection, type Person, test } from './support/test.ts';

/** Where each message that can be seen stands, by its number. */
async function places(one: Person): Promise<Map<string, number>> {
  const found = await one.log.evaluate((log) =>
    [...log.querySelectorAll('article')].map((article): [string, number] => [
      /line-\d+/.exec(article.textContent ?? '')?.[0] ?? '',
      article.getBoundingClientRect().y,
    ]),
  );
  return new Map(found.filter(([name]) => name !== ''));
}

/** Scroll by `dy`, let everything settle, and say how far each message that was and is there moved beside that. */
async function scrollAndCompare(one: Person, dy: number): Promise<number[]> {
  const before = await places(one);
  const moved = await one.log.evaluate(async (log, by) => {
    const from = log.scrollTop;
    const size = log.scrollHeight;
    log.scrollBy({ top: by, behavior: 'instant' });
    const frame = () => new Promise(requestAnimationFrame);
    const state = () => `${log.scrollTop} ${log.scrollHeight} ${log.textContent?.length}`;
    for (let same = 0, last = ''; same < 12; ) {
      await frame();
      const now = state();
      same = now === last ? same + 1 : 0;
      last = now;
    }
    return { from, size };
  }, dy);
  const after = await places(one);
  const asked = Math.min(-dy, moved.from);
  return [...before].flatMap(([name, y]) => {
    const now = after.get(name);
    return now === undefined ? [] : [now - y - asked];
  });
}

async function fillRoom(one: Person, count: number): Promise<void> {
  const line = (i: number): string => `line-${i} ${'and some more words '.repeat(i % 7)}`;
  await one.writeAll(Array.from({ length: count }, (_, i) => line(i + 1)));
  await one.sent(`line-${count} `, 60_000);
}

test.describe('a long conversation', () => {
  test('three hundred messages: upwards without jumps, everything once and in order, and back to the newest', async ({
    person,
  }) => {
    test.setTimeout(150_000);
    const bob = await person('bob');
    await fillRoom(bob, 300);
    const alice = await person('alice');
    await alice.reads('line-300 ');
    // What a newcomer is given comes in pieces, and until then the newest is followed.
    await scrollAndCompare(alice, 0);

    const seen = new Set<number>();
    const jumps: number[] = [];
    for (let step = 0; step < 200 && !seen.has(1); step++) {
      if (step > 0) jumps.push(...(await scrollAndCompare(alice, -400)));
      const numbers = [...(await places(alice)).keys()].map((name) => Number(name.slice(5)));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(new Set(numbers).size).toBe(numbers.length);
      for (const number of numbers) seen.add(number);
    }
    expect(Array.from({ length: 300 }, (_, i) => i + 1).filter((number) => !seen.has(number))).toEqual([]);
    expect(jumps.length).toBeGreaterThan(300);
    expect(Math.max(...jumps.map(Math.abs))).toBeLessThanOrEqual(4);

    // What comes meanwhile does not move the reader, and is announced.
    const still = await places(alice);
    await bob.say('line-301 while alice reads old things');
    const jump = alice.page.getByRole('button', { name: '1 new' });
    await expect(jump).toBeVisible();
    for (const [name, y] of await places(alice)) expect(Math.abs(y - (still.get(name) ?? y))).toBeLessThanOrEqual(2);
    await jump.click();
    await expect(alice.message('line-301 ')).toBeInViewport();
    await expect(jump).toHaveCount(0);
  });

  test('a reload opens at the newest again', async ({ person }) => {
    const bob = await person('bob');
    await fillRoom(bob, 40);
    await bob.page.reload();
    await bob.arrive();
    await expect(bob.message('line-40 ')).toBeInViewport();
    await bob.say('line-41 and on');
    await expect(bob.message('line-41 ')).toBeInViewport();
  });
});

test.describe('what is new', () => {
  test('is counted beside the room, and begins under a line', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await bob.say('Old news');
    await alice.reads('Old news');
    await alice.startThread(bob);
    await bob.say('Fresh one');
    await bob.say('Fresh two');
    const lobby = alice.rooms.getByRole('link', { name: /Lobby/ });
    await expect(lobby).toHaveAccessibleName(/2 unread/);
    await expect(alice.page).toHaveTitle(/^• /);
    await alice.openRoom('Lobby');
    await expect(lobby).not.toHaveAccessibleName(/unread/);
    const shown = await alice.shown(/Old news|^New$|Fresh one|Fresh two/gim);
    expect(shown.slice(-4).map((text) => text.toLowerCase())).toEqual(['old news', 'new', 'fresh one', 'fresh two']);
    // One's own words are no news.
    await alice.say('My own');
    await expect(bob.rooms.getByRole('link', { name: /Lobby/ })).not.toHaveAccessibleName(/unread/);
  });

  test('a hidden tab counts, and reads when it is looked at again', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const look = (state: 'hidden' | 'visible') =>
      alice.page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await look('hidden');
    await bob.say('Are you there?');
    await expect(alice.rooms.getByRole('link', { name: /Lobby/ })).toHaveAccessibleName(/1 unread/);
    await look('visible');
    await expect(alice.rooms.getByRole('link', { name: /Lobby/ })).not.toHaveAccessibleName(/unread/);
  });
});

test.describe('days', () => {
  const dayMs = 24 * 3_600_000;
  test.use({ serverOptions: { clockOffsetMs: -dayMs }, ownServer: true });

  test('stand between the messages of different days, with the exact time on each message', async ({
    person,
    server,
  }) => {
    const alice = await person('alice');
    alice.guard.expect(lostConnection);
    await alice.say('Said yesterday');
    await server.restart('SIGTERM', { clockOffsetMs: 0 });
    await alice.online();
    await alice.say('Said today');
    expect(await alice.shown(/^(?:Yesterday|Today|Said yesterday|Said today)$/gm)).toEqual([
      'Yesterday',
      'Said yesterday',
      'Today',
      'Said today',
    ]);
    for (const day of ['Yesterday', 'Today']) await expect(alice.log.getByRole('heading', { name: day })).toBeVisible();
    const time = alice.message('Said yesterday').getByRole('time').first();
    await expect(time).toHaveAttribute('title', /\d{4}.*\d{2}:\d{2}:\d{2}/);
  });
});

test.describe('who comes and goes', () => {
  test('is told once, in one line', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await expect(alice.log).toContainText(`${bob.name} joined`);
    await expect(alice.people.getByRole('button', { name: new RegExp(`${bob.name}.*online`) })).toBeVisible();
    await bob.page.close();
    await expect(alice.people.getByRole('button', { name: new RegExp(`${bob.name}.*offline`) })).toBeVisible();
    await bob.newTab('/rooms/lobby');
    await expect(alice.people.getByRole('button', { name: new RegExp(`${bob.name}.*online`) })).toBeVisible();
    expect((await alice.log.innerText()).split(`${bob.name} joined`).length - 1).toBe(1);
    expect((await alice.log.innerText()).split(/came online/).length - 1).toBeLessThanOrEqual(1);
  });
});

test.describe('a message that the server refuses', () => {
  test('stays, says so, and can be sent again or given up', async ({ person, network }) => {
    prepareRefusal(network);
    const alice = await person('alice', { proxy: network.proxy });
    const bob = await person('bob');
    await alice.say('All is well');
    await refuseSends(alice.page, true);
    await alice.write('Refused one');
    await alice.write('Refused two');
    for (const text of ['Refused one', 'Refused two']) {
      await expect(alice.message(text).getByRole('group', { name: 'Message not sent' })).toBeVisible();
    }
    // It is there after a reload, too.
    await alice.page.reload();
    await alice.arrive();
    await alice.message('Refused two').getByRole('button', { name: 'Discard' }).click();
    await expect(alice.message('Refused two')).toHaveCount(0);
    await alice.message('Refused one').getByRole('button', { name: 'Retry' }).click();
    await bob.reads('Refused one');
    await alice.sent('Refused one');
    await expect(alice.message('Refused one').getByRole('group', { name: 'Message not sent' })).toHaveCount(0);
    await expect(bob.message('Refused two')).toHaveCount(0);
  });
});
