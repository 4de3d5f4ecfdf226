import { expect, test } from './support/test.ts';

test.describe('what is written is shown, and does no harm', () => {
  test('bold, italic, code, code blocks, quotes, lists and links', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.write(
      [
        'T1 **bold** and *italic* and `code`',
        '',
        '```',
        'let x = 1 < 2;',
        '```',
        '',
        '> quoted',
        '',
        '- one',
        '- two',
        '',
        'see [the manual](https://example.org/manual) or https://example.org/plain',
      ].join('\n'),
    );
    for (const one of [alice, bob]) {
      const message = one.message('T1');
      await expect(message.getByRole('strong')).toHaveText('bold');
      await expect(message.getByRole('emphasis')).toHaveText('italic');
      await expect(message.getByRole('code').first()).toHaveText('code');
      await expect(message).toContainText('let x = 1 < 2;');
      await expect(message.getByRole('blockquote')).toHaveText('quoted');
      await expect(message.getByRole('listitem')).toHaveText(['one', 'two']);
      const link = message.getByRole('link', { name: 'the manual' });
      await expect(link).toHaveAttribute('href', 'https://example.org/manual');
      await expect(link).toHaveAttribute('target', '_blank');
      await expect(link).toHaveAttribute('rel', /noopener/);
      await expect(link).toHaveAttribute('rel', /noreferrer/);
      await expect(message).toContainText('(example.org)');
    }
  });

  test('scripts, handlers, javascript: links and images stay text, and run nothing', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const title = await bob.page.title();
    const attacks = [
      'X1 <script>document.title="ran"</script>',
      'X2 <img src=x onerror="document.title=1">',
      'X3 [click](javascript:document.title="ran")',
      'X4 [click](data:text/html,<script>document.title="ran"</script>)',
      'X5 ![picture](https://example.org/track.png)',
      'X6 <a href="https://example.org" onmouseover="document.title=1">link</a>',
      'X7 [x](https://example.org" onclick="document.title=1)',
      'X8 <svg onload="document.title=1"><style>*{display:none}</style>',
      'X9 &lt;b&gt; &#106;avascript',
    ];
    for (const text of attacks) await alice.write(text);
    for (const text of attacks) await expect(bob.message(text.slice(0, 2))).toContainText(text);
    await expect(bob.log.locator('img, script, svg[onload], style, [onerror], [onclick], [onmouseover]')).toHaveCount(
      0,
    );
    for (const link of await bob.log.getByRole('link').all()) {
      expect(await link.getAttribute('href')).toMatch(/^https:/);
    }
    expect(await bob.page.title()).toBe(title);
  });

  test('characters that turn the text around are shown instead of obeyed, in texts and names', async ({ person }) => {
    const alice = await person('alice');
    const tricky = await person('tricky', { signUp: false });
    await tricky.page.goto('/signup');
    await tricky.fillSignUp();
    const displayName = tricky.page.getByRole('textbox', { name: 'Display name' });
    await displayName.fill('\u202eecila');
    await tricky.page.getByRole('button', { name: 'Create account' }).click();
    await expect(displayName).toHaveAccessibleDescription(/no hidden ones that change how text is displayed/);
    await displayName.fill('\u200fecila\u200b');
    await tricky.page.getByRole('button', { name: 'Create account' }).click();
    await tricky.arrive();
    await tricky.write('B1 invoice\u202efdp.exe');
    await alice.reads('B1 invoice\ufffdfdp.exe');
    // The name stands as it is spelled, without what would turn it round.
    await expect(alice.message('B1')).toContainText('ecila');
    expect(await alice.page.getByRole('main').innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(await alice.people.innerText()).not.toMatch(/[\u202a-\u202e\u200b]/);
  });

  test('a link says where it leads, and a mailbox is all that a mail link has', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.write('L1 [write to us](mailto:help@example.org?bcc=evil@example.org&body=hi)');
    await alice.write('L2 [https://bank.example/](https://evil.example/)');
    await bob.reads('L2');
    await expect(bob.message('L1')).toContainText('write to us (help@example.org)');
    await expect(bob.message('L1').getByRole('link')).toHaveAttribute('href', 'mailto:help@example.org');
    await expect(bob.message('L2')).toContainText('https://bank.example/ (evil.example)');
  });

  test('a word of ten thousand characters does not widen the page', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob', { viewport: { width: 390, height: 800 } });
    await alice.say(`W1${'w'.repeat(10_000)}`);
    await bob.reads(/W1www/);
    const widths = await bob.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(widths[0]).toBe(widths[1]);
    const log = await bob.log.evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(log).toBeLessThanOrEqual(0);
  });

  test('emoji sequences and several lines arrive as they were typed', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const emoji = 'E1 👩🏽‍🚀 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇦🇶 ❤️‍🔥';
    await alice.say(emoji);
    await bob.reads(emoji);
    await alice.composer.fill('L1 first');
    await alice.composer.press('End');
    await alice.composer.press('Shift+Enter');
    await alice.composer.pressSequentially('second');
    await expect(alice.composer).toHaveValue('L1 first\nsecond');
    await alice.composer.press('Enter');
    await bob.reads(/L1 first/);
    expect(await bob.message('L1').innerText()).toMatch(/L1 first\nsecond/);
  });

  test('sixteen kibibytes can be sent, one byte more is refused with words, and nothing is lost', async ({
    person,
  }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const send = alice.page.getByRole('button', { name: 'Send', exact: true });
    const most = `K1${'é'.repeat((16 * 1024 - 2) / 2)}`;
    await alice.composer.fill(`${most}x`);
    await expect(alice.composer).toHaveAccessibleDescription(/at most 16 KiB/);
    await expect(send).toBeDisabled();
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveValue(`${most}x`);
    await alice.composer.fill(most);
    await alice.composer.press('Enter');
    await expect(bob.message('K1')).toContainText('é'.repeat(8191));
  });

  test('nothing but spaces is not sent', async ({ person }) => {
    const alice = await person('alice');
    await alice.composer.fill('  \n ');
    await expect(alice.page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled();
    await alice.composer.press('Enter');
    await alice.say('Something');
    await expect(alice.log.getByRole('article').filter({ hasText: alice.name })).toHaveCount(1);
  });
});

test.describe('drafts', () => {
  test('are kept per room, over a change of room and a reload', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.composer.fill('For the lobby, later');
    await alice.startThread(bob);
    await expect(alice.composer).toHaveValue('');
    await alice.composer.fill('For bob, later');
    await alice.openRoom('Lobby');
    await expect(alice.composer).toHaveValue('For the lobby, later');
    await expect(alice.threads.getByRole('link')).toContainText('Draft');
    await alice.page.reload();
    await alice.arrive();
    await expect(alice.composer).toHaveValue('For the lobby, later');
    await alice.openThread(bob.name);
    await expect(alice.composer).toHaveValue('For bob, later');
    await alice.composer.press('Enter');
    await alice.sent('For bob, later');
    await alice.openRoom('Lobby');
    await expect(alice.threads.getByRole('link')).not.toContainText('Draft');
  });
});
