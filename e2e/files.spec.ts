import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { card, choose, give, save, send, sendChosen, storedFiles, textFile } from './support/files.ts';
import { hostilePdf, pdf, picture, video, withPlace } from './support/media.ts';
import { reloadAfterCut } from './support/network.ts';
import { expect, lostConnection, type Person, test } from './support/test.ts';

const mebibyte = 1024 * 1024;
const patience = { timeout: 20_000 };

const binary = (name: string, bytes: number) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: randomBytes(bytes),
});

/** Alice starts a thread, Bob opens it. */
async function together(alice: Person, bob: Person): Promise<void> {
  await alice.startThread(bob);
  await bob.openThread(alice.name);
  await alice.arrive();
  await bob.arrive();
}

test.describe('in a thread', () => {
  test('a picture is offered, accepted, seen, looked at and saved; its sender sees each step', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await together(alice, bob);
    const buffer = await picture(alice.page, 'image/png');
    await choose(alice, { name: 'sunset.png', mimeType: 'image/png', buffer });
    await expect(alice.dialog).toContainText('320 × 200');
    await sendChosen(alice, 'F1 look at this');
    await bob.reads('F1 look at this');
    const offer = card(bob, 'sunset.png', 'Offered file');
    await expect(offer.locator('img')).toBeVisible();
    await expect(card(alice, 'sunset.png')).toContainText('Offered', patience);
    await offer.getByRole('button', { name: 'Accept' }).click();
    const here = card(bob, 'sunset.png', 'File');
    await here.getByRole('button', { name: 'Open sunset.png' }).click(patience);
    const large = bob.dialog.getByRole('img', { name: 'sunset.png' });
    await expect(large).toBeVisible();
    expect(await large.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
    await bob.page.keyboard.press('Escape');
    await expect(bob.dialog).toHaveCount(0);
    expect((await save(bob, here)).name).toBe('sunset.png');
    await expect(card(alice, 'sunset.png')).toContainText('Received', patience);
    await bob.page.reload();
    await bob.arrive();
    await expect(here.getByRole('button', { name: 'Open sunset.png' })).toBeVisible(patience);
  });

  test('an offer can be declined, and nothing is fetched', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await together(alice, bob);
    await send(alice, textFile('F2 notes.txt', 'no'));
    await card(bob, 'F2 notes.txt', 'Offered file').getByRole('button', { name: 'Decline' }).click(patience);
    await expect(card(bob, 'F2 notes.txt', 'Declined file')).toContainText('Declined', patience);
    await expect(card(alice, 'F2 notes.txt')).toContainText('Declined', patience);
  });

  test('a file that was changed on the server is damaged, and nothing of it is received', async ({
    person,
    server,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await together(alice, bob);
    const before = new Set(await storedFiles(server));
    await send(alice, binary('F3 plans.bin', 3 * mebibyte));
    const offer = card(bob, 'F3 plans.bin', 'Offered file');
    await expect(offer).toBeVisible(patience);
    const [path = ''] = (await storedFiles(server)).filter((stored) => !before.has(stored));
    const stored = await readFile(path);
    stored[stored.length - 100] = (stored[stored.length - 100] ?? 0) ^ 1;
    await writeFile(path, stored);
    await offer.getByRole('button', { name: 'Accept' }).click();
    const failed = card(bob, 'F3 plans.bin', 'File that stopped');
    await expect(failed).toContainText('damaged', patience);
    await expect(failed.getByRole('button', { name: 'Save' })).toHaveCount(0);
    await expect(card(alice, 'F3 plans.bin')).toContainText('Accepted');
    await expect(card(alice, 'F3 plans.bin')).not.toContainText('Received');
    await failed.getByRole('button', { name: 'Cancel' }).click();
    await expect(failed).toHaveCount(0);
  });
});

test.describe('in a public room', () => {
  test('a picture comes by itself, other files by a click, and their names are harmless', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const buffer = await picture(alice.page, 'image/png');
    await send(alice, { name: 'F4 chart.png', mimeType: 'image/png', buffer });
    await expect(card(bob, 'F4 chart.png').getByRole('button', { name: 'Open F4 chart.png' })).toBeVisible(patience);
    const nasty = '..\u202e\\..\u0007:con?.txt';
    await give(alice, 'drop', textFile(nasty, 'F4 text'));
    await sendChosen(alice);
    const safe = '_.._con_.txt';
    await card(bob, safe).getByRole('button', { name: 'Download' }).click(patience);
    const saved = await save(bob, card(bob, safe, 'File'));
    expect(saved).toEqual({ name: safe, bytes: Buffer.from('F4 text') });
    const long = `${'é'.repeat(125)}.txt`;
    await send(alice, textFile(long, 'long'));
    await card(bob, long).getByRole('button', { name: 'Download' }).click(patience);
    expect((await save(bob, card(bob, long, 'File'))).bytes.toString()).toBe('long');
  });

  test('a PDF of a great many pages shows the first of them, and the app goes on', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const name = 'F9 endless.pdf';
    await send(alice, { name, mimeType: 'application/pdf', buffer: hostilePdf(50_000) });
    await card(bob, name).getByRole('button', { name: 'Download' }).click(patience);
    await card(bob, name, 'File').getByRole('button', { name: 'Open' }).click(patience);
    const pages = bob.dialog.getByRole('region', { name: `Pages of ${name}` });
    await expect(pages.getByText('The first 2,000 pages are shown here.')).toBeAttached(patience);
    await expect(pages.getByRole('img')).toHaveCount(2_000);
    // Only what is in view is drawn.
    const drawn = () =>
      pages
        .locator('canvas')
        .evaluateAll((all) => all.filter((canvas) => (canvas as HTMLCanvasElement).width > 300).length);
    await expect.poll(drawn).toBeGreaterThan(0);
    expect(await drawn()).toBeLessThan(20);
    await bob.dialog.getByRole('button', { name: 'Close' }).click();
    await bob.say('F9 still here');
  });

  test('a PDF is drawn page by page, and a broken one says so', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const broken = { name: 'F8 broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF') };
    await send(alice, { name: 'F8.pdf', mimeType: 'application/pdf', buffer: pdf(['Page one', 'Page two']) }, broken);
    for (const name of ['F8.pdf', broken.name]) {
      await card(bob, name).getByRole('button', { name: 'Download' }).click(patience);
      await card(bob, name, 'File').getByRole('button', { name: 'Open' }).click(patience);
      if (name === broken.name) await expect(bob.dialog.getByRole('alert')).toContainText('cannot be shown here');
      else {
        const pages = bob.dialog.getByRole('region', { name: 'Pages of F8.pdf' }).getByRole('img');
        await expect(pages).toHaveCount(2);
        const inked = () =>
          pages
            .first()
            .locator('canvas')
            .evaluate((canvas: HTMLCanvasElement) => {
              const data =
                canvas.width > 0 ? canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data : [];
              return [...(data ?? [])].filter((value, i) => i % 4 === 0 && value < 128).length;
            });
        await expect.poll(inked).toBeGreaterThan(100);
      }
      await bob.dialog.getByRole('button', { name: 'Close' }).click();
    }
  });

  test('a text opens as characters; a web page and a drawing can only be saved', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const script =
      '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = 1"><script>alert(1)</script></svg>';
    const others = [
      { name: 'F5.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(script) },
      { name: 'F5.html', mimeType: 'text/html', buffer: Buffer.from(script) },
    ];
    await send(alice, textFile('F5.txt', script), ...others);
    // Each that comes moves those before it up, from under the pointer.
    await expect(card(bob, 'F5.html')).toBeVisible(patience);
    for (const name of ['F5.txt', ...others.map((file) => file.name)]) {
      await card(bob, name).getByRole('button', { name: 'Download' }).click(patience);
      await expect(card(bob, name, 'File').getByRole('button', { name: 'Save' })).toBeVisible(patience);
    }
    for (const { name, buffer } of others) {
      await expect(card(bob, name).getByRole('button')).toHaveCount(1);
      expect((await save(bob, card(bob, name))).bytes.equals(buffer)).toBe(true);
    }
    await card(bob, 'F5.txt').getByRole('button', { name: 'Open' }).click();
    await expect(bob.dialog.getByRole('region', { name: 'Text of F5.txt' })).toHaveText(script);
  });

  test('a video has a picture of itself and plays', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await send(alice, { name: 'F6.webm', mimeType: 'video/webm', buffer: await video(alice.page) });
    await card(bob, 'F6.webm').getByRole('button', { name: 'Download' }).click(patience);
    await card(bob, 'F6.webm').getByRole('button', { name: 'Play F6.webm' }).click(patience);
    const player = card(bob, 'F6.webm').locator('video');
    await expect.poll(() => player.evaluate((one: HTMLVideoElement) => one.currentTime)).toBeGreaterThan(0);
  });
});

test.describe('before a file is sent', () => {
  test('where and with what a picture was taken is removed, unless one says otherwise', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const buffer = withPlace(await picture(alice.page, 'image/jpeg'));
    const secrets = ['Spycam', 'GPS', '2026:01', 'at home', 'xmpmeta'];
    for (const secret of secrets.slice(0, 1)) expect(buffer.includes(secret)).toBe(true);
    await choose(alice, { name: 'F7 clean.jpg', mimeType: 'image/jpeg', buffer });
    await expect(alice.dialog.getByRole('checkbox', { name: 'Remove location and camera data' })).toBeChecked();
    // It is turned as it was.
    await expect(alice.dialog).toContainText('200 × 320');
    await sendChosen(alice);
    const clean = await save(bob, card(bob, 'F7 clean.jpg', 'File'));
    for (const secret of secrets) expect(clean.bytes.includes(secret)).toBe(false);
    await choose(alice, { name: 'F7 as it is.jpg', mimeType: 'image/jpeg', buffer });
    await alice.dialog.getByRole('checkbox', { name: 'Remove location and camera data' }).uncheck();
    await sendChosen(alice);
    const whole = await save(bob, card(bob, 'F7 as it is.jpg', 'File'));
    expect(whole.bytes.equals(buffer)).toBe(true);
  });

  test('files can be dropped and pasted, left out again, and an empty one is refused', async ({ person }) => {
    const alice = await person('alice');
    await give(alice, 'dragenter', textFile('a.txt', 'a'));
    await expect(alice.page.getByText(/Drop files to send them to/)).toBeVisible();
    await give(alice, 'drop', textFile('F8 dropped.txt', 'a'));
    await expect(alice.page.getByText(/Drop files to send them to/)).toHaveCount(0);
    await expect(alice.dialog).toContainText('F8 dropped.txt');
    await give(alice, 'drop', textFile('F8 empty.txt', ''));
    await expect(alice.dialog).toContainText('This file is empty.');
    await alice.dialog.getByRole('button', { name: 'Remove F8 dropped.txt' }).click();
    await expect(alice.dialog.getByRole('button', { name: 'Send', exact: true })).toBeDisabled();
    await alice.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(alice.dialog).toHaveCount(0);
    await give(alice, 'paste', textFile('F8 pasted.txt', 'b'));
    await sendChosen(alice, 'F8 from the clipboard');
    await alice.sent('F8 from the clipboard');
    await expect(card(alice, 'F8 dropped.txt')).toHaveCount(0);
  });
});

test.describe('when the network is cut', () => {
  test('an upload goes on where it was, after a reload too, and can be given up', async ({ person, network }) => {
    const alice = await person('alice', { proxy: network.proxy });
    const bob = await person('bob');
    alice.guard.expect(lostConnection);
    const cut = network.cutAfter(/^\/api\/blobs/, 10 * mebibyte);
    const file = binary('F9 film.bin', 20 * mebibyte);
    await send(alice, file);
    await cut;
    const moving = card(alice, 'F9 film.bin', 'File on its way');
    await expect(moving).toContainText('Waiting', patience);
    await expect(moving.getByRole('progressbar')).toHaveAttribute('aria-valuetext', /Waiting/);
    network.set('pages');
    await reloadAfterCut(alice.page);
    await expect(moving).toContainText('Waiting', patience);
    network.set('open');
    await card(bob, 'F9 film.bin').getByRole('button', { name: 'Download' }).click({ timeout: 40_000 });
    // A piece that was cut is sent again at most.
    expect(network.counted).toBeLessThan(29 * mebibyte);
    expect((await save(bob, card(bob, 'F9 film.bin', 'File'))).bytes.equals(file.buffer)).toBe(true);

    await alice.online();
    const cutAgain = network.cutAfter(/^\/api\/blobs/, mebibyte);
    await send(alice, binary('F9 given up.bin', 4 * mebibyte));
    await cutAgain;
    const other = card(alice, 'F9 given up.bin', 'File on its way');
    await expect(other).toContainText('Waiting', patience);
    await other.getByRole('button', { name: 'Cancel' }).click();
    await expect(card(alice, 'F9 given up.bin')).toHaveCount(0);
    network.set('open');
    await alice.online();
    await alice.say('F9 and on');
    await bob.reads('F9 and on');
    await expect(card(bob, 'F9 given up.bin')).toHaveCount(0);
  });

  test('a download goes on where it was, after a reload too', async ({ person, network }) => {
    const alice = await person('alice');
    const bob = await person('bob', { proxy: network.proxy });
    bob.guard.expect(lostConnection);
    const file = binary('F10 film.bin', 20 * mebibyte);
    await send(alice, file);
    const download = card(bob, 'F10 film.bin').getByRole('button', { name: 'Download' });
    await expect(download).toBeVisible(patience);
    const cut = network.cutAfter(/^\/api\/blobs/, 10 * mebibyte);
    await download.click();
    await cut;
    await expect(card(bob, 'F10 film.bin', 'File on its way')).toContainText('Waiting', patience);
    network.set('pages');
    await reloadAfterCut(bob.page);
    await expect(card(bob, 'F10 film.bin', 'File on its way')).toBeVisible(patience);
    network.set('open');
    const here = card(bob, 'F10 film.bin', 'File');
    await expect(here.getByRole('button', { name: 'Save' })).toBeVisible({ timeout: 40_000 });
    // What was in buffers on its way when it was cut comes again; fetched from the beginning it would be 30.
    expect(network.counted).toBeLessThan(29 * mebibyte);
    expect((await save(bob, here)).bytes.equals(file.buffer)).toBe(true);
  });
});
