import { look } from './support/looking.ts';
import { expect, lostConnection, type Person, test } from './support/test.ts';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly open: boolean;
}

/** The notifications that the page has asked the browser for, with a way to click them. */
function spyOnNotifications(): void {
  const made: { title: string; body: string; tag: string; open: boolean; click: () => void }[] = [];
  class Spy {
    static permission: NotificationPermission = 'granted';
    static async requestPermission(): Promise<NotificationPermission> {
      return Spy.permission;
    }
    onclick: (() => void) | null = null;
    onclose: (() => void) | null = null;
    readonly entry: (typeof made)[number];
    constructor(title: string, { body = '', tag = '' }: NotificationOptions = {}) {
      this.entry = { title, body, tag, open: true, click: () => this.onclick?.() };
      // As the browser does: a tag has one notification.
      for (const one of made) if (one.tag === tag) one.open = false;
      made.push(this.entry);
    }
    close(): void {
      this.entry.open = false;
      this.onclose?.();
    }
  }
  Object.assign(globalThis, { Notification: Spy, notificationsMade: made });
}

const shown = (one: Person): Promise<Shown[]> =>
  one.page.evaluate(() =>
    (globalThis as unknown as { notificationsMade: Shown[] }).notificationsMade.map(({ title, body, tag, open }) => ({
      title,
      body,
      tag,
      open,
    })),
  );

const bodies = async (one: Person): Promise<string[]> => (await shown(one)).map(({ body }) => body);

const clickLast = (one: Person): Promise<void> =>
  one.page.evaluate(() =>
    (globalThis as unknown as { notificationsMade: { click(): void }[] }).notificationsMade.at(-1)?.click(),
  );

/** Turn notifications on in the settings, and come back. */
async function turnOn(one: Person): Promise<void> {
  await one.page.getByRole('link', { name: 'Settings' }).click();
  const box = one.page.getByRole('switch', { name: /^Show notifications/ });
  await box.click();
  await expect(box).toBeChecked();
  await one.page.getByRole('link', { name: 'Back to the chat' }).click();
  await one.arrive();
}

async function setLevel(one: Person, level: string): Promise<void> {
  await one.page.getByRole('button', { name: 'More', exact: true }).click();
  await one.page.getByRole('menuitem', { name: 'Notifications' }).click();
  await one.dialog.getByRole('radio', { name: level }).check();
  await one.page.keyboard.press('Escape');
  await expect(one.dialog).toHaveCount(0);
}

async function withNotifications(person: (name: string) => Promise<Person>): Promise<Person> {
  const alice = await person('alice');
  await alice.context.addInitScript(spyOnNotifications);
  await alice.page.reload();
  await alice.arrive();
  await turnOn(alice);
  return alice;
}

test('are offered once, to who missed something', async ({ person }) => {
  const alice = await person('alice');
  await alice.context.addInitScript(spyOnNotifications);
  await alice.context.addInitScript(() => {
    const spy = Notification as unknown as { permission: NotificationPermission };
    spy.permission = 'default';
    Object.assign(spy, {
      requestPermission: async () => {
        spy.permission = 'granted';
        return spy.permission;
      },
    });
  });
  await alice.page.reload();
  await alice.arrive();
  const bob = await person('bob');
  await bob.startThread(alice);
  const offer = alice.page.getByText('Something came while you were away');
  const away = async (text: string, unread: number) => {
    await look(alice.page, 'hidden');
    await bob.say(text);
    await expect(alice.page).toHaveTitle(new RegExp(`^\\(${unread}\\) `));
    await look(alice.page, 'visible');
  };
  await expect(alice.threads.getByRole('link', { name: bob.name })).toBeVisible();
  await expect(offer).toHaveCount(0);
  await away('O1 are you there?', 1);
  await expect(offer).toBeVisible();
  await alice.page.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toHaveCount(0);
  await alice.page.reload();
  await alice.arrive();
  await away('O2 and now?', 2);
  await expect(offer).toHaveCount(0);

  await alice.page.evaluate(() => localStorage.removeItem('undertone.notifications-offered'));
  await alice.page.reload();
  await alice.arrive();
  await away('O3 still not?', 3);
  await alice.page.getByRole('button', { name: 'Turn on notifications' }).click();
  await expect(offer).toHaveCount(0);
  await look(alice.page, 'hidden');
  await bob.say('O4 told');
  await expect.poll(() => bodies(alice)).toEqual(['O4 told']);
});

test('a thread is told while no tab is in view, one click opens the message, and a look closes it', async ({
  person,
}) => {
  const alice = await withNotifications(person);
  const bob = await person('bob');
  await bob.startThread(alice);
  await bob.say('N1 seen at once');
  await expect(alice.threads.getByRole('link', { name: bob.name })).toBeVisible();
  await expect(alice.page).toHaveTitle(/^\(1\) /);
  expect(await shown(alice)).toEqual([]);

  await look(alice.page, 'hidden');
  await bob.write('N2 are **you** there?');
  await bob.sent('N2 are you there?');
  await expect.poll(() => bodies(alice)).toEqual(['N2 are you there?']);
  expect((await shown(alice))[0]).toMatchObject({ title: bob.name, open: true });
  await expect(alice.page).toHaveTitle(/^\(2\) /);

  await clickLast(alice);
  await expect(alice.page).toHaveURL(/\/threads\//);
  await alice.reads('N2 are you there?');
  await look(alice.page, 'visible');
  await expect(alice.page).toHaveTitle(/^[^(•]/);
  await bob.say('N3 with someone looking');
  await alice.reads('N3');

  await look(alice.page, 'hidden');
  await bob.say('N4 away again');
  await expect.poll(() => bodies(alice)).toEqual(['N2 are you there?', 'N4 away again']);
  await look(alice.page, 'visible');
  await expect.poll(async () => (await shown(alice)).filter(({ open }) => open)).toEqual([]);
});

test('many at once are one sentence, and content can be left out', async ({ person, network }) => {
  const alice = await withNotifications((name) => person(name, { proxy: network.proxy }));
  alice.guard.expect(lostConnection);
  const bob = await person('bob');
  await bob.startThread(alice);
  await bob.say('S0 the first');
  await expect(alice.threads.getByRole('link', { name: bob.name })).toBeVisible();
  network.set('closed');
  await expect(alice.connection).toHaveText(/Offline/, { timeout: 20_000 });
  await look(alice.page, 'hidden');
  for (const n of [1, 2, 3, 4]) await bob.say(`S${n} and on`);
  network.set('open');
  await expect.poll(() => bodies(alice), { timeout: 30_000 }).toEqual(['4 new messages']);

  await look(alice.page, 'visible');
  await alice.page.getByRole('link', { name: 'Settings' }).click();
  const content = alice.page.getByRole('switch', { name: 'Show who wrote, and what' });
  await content.click();
  await expect(content).not.toBeChecked();
  await look(alice.page, 'hidden');
  await bob.say('S5 a secret');
  await expect.poll(async () => (await shown(alice)).at(-1)).toMatchObject({ title: 'Undertone', body: 'New message' });
});

test('a room tells of mentions, counts the rest as a dot, and can be silenced', async ({ person }) => {
  const alice = await withNotifications(person);
  const bob = await person('bob');
  await alice.startThread(bob);
  await alice.say('L0 elsewhere');
  const lobby = alice.rooms.getByRole('link', { name: /Lobby/ });
  await look(alice.page, 'hidden');

  await bob.say('L1 for nobody');
  await expect(lobby).toHaveAccessibleName(/1 unread/);
  await expect(alice.page).toHaveTitle(/^• /);
  await expect(bob.people).toContainText(alice.name);
  await bob.composer.pressSequentially(`L2 @${alice.name} `);
  await bob.composer.press('Enter');
  await expect(lobby).toHaveAccessibleName(/2 unread, 1 mentioning you/);
  await expect(alice.page).toHaveTitle(/^\(1\) /);
  await expect.poll(() => bodies(alice)).toEqual([`${bob.name}: L2 @${alice.name}`]);
  expect((await shown(alice))[0]?.title).toMatch(/^# lobby$/i);

  await look(alice.page, 'visible');
  await alice.openRoom('Lobby');
  await setLevel(alice, 'Nothing');
  await alice.openThread(bob.name);
  await look(alice.page, 'hidden');
  await bob.composer.pressSequentially(`L3 @${alice.name} `);
  await bob.composer.press('Enter');
  await expect(lobby).toHaveAccessibleName(/1 unread.*muted/);
  await expect(alice.page).toHaveTitle(/^[^(•]/);

  await look(alice.page, 'visible');
  await alice.openRoom('Lobby');
  await setLevel(alice, 'All messages');
  await alice.openThread(bob.name);
  await look(alice.page, 'hidden');
  await bob.say('L4 for all');
  await expect.poll(async () => (await bodies(alice)).at(-1)).toBe(`${bob.name}: L4 for all`);
  expect(await bodies(alice)).toHaveLength(2);
});

test('of two tabs one shows it, and none while the other is looked at', async ({ person }) => {
  const alice = await withNotifications(person);
  const bob = await person('bob');
  await bob.startThread(alice);
  await bob.say('T0 hello');
  const first = alice.page;
  const second = await alice.newTab();
  await look(first, 'hidden');
  await bob.say('T1 to the second tab');
  await expect(second).toHaveTitle(/^\(2\) /);
  await look(second, 'hidden');
  await bob.say('T2 to nobody');
  const all = async (): Promise<string[]> => {
    const made: string[] = [];
    for (const page of [first, second]) {
      alice.page = page;
      made.push(...(await bodies(alice)));
    }
    return made;
  };
  await expect.poll(all).toEqual(['T2 to nobody']);
});

test('a browser that blocks them is told where to allow them', async ({ person }) => {
  const alice = await person('alice');
  await alice.context.addInitScript(() => {
    Object.defineProperty(Notification, 'permission', { get: () => 'denied' });
  });
  await alice.page.goto('/settings');
  await expect(alice.page.getByText(/Your browser blocks notifications/)).toBeVisible();
  await expect(alice.page.getByRole('switch', { name: /^Show notifications/ })).toBeDisabled();
});
