import { expect, test } from './support/test.ts';

const paths = ['/', '/signup', '/rooms/lobby', '/api/config', '/theme.js', '/no-such-page'];

test.describe('what the server says of itself to the browser', () => {
  test('a strict Content Security Policy and isolation on every answer', async ({ server, request }) => {
    for (const path of paths) {
      const headers = (await request.get(server.origin + path)).headers();
      const policy = new Map(
        (headers['content-security-policy'] ?? '').split(';').map((part) => {
          const [name = '', ...values] = part.trim().split(/\s+/);
          return [name, values];
        }),
      );
      expect(policy.get('default-src'), path).toEqual(["'none'"]);
      for (const name of ['script-src', 'style-src', 'font-src', 'worker-src']) {
        expect(policy.get(name), `${path} ${name}`).toEqual(["'self'"]);
      }
      expect(policy.get('require-trusted-types-for'), path).toEqual(["'script'"]);
      for (const name of ['frame-ancestors', 'base-uri', 'form-action']) {
        expect(policy.get(name), `${path} ${name}`).toEqual(["'none'"]);
      }
      const own = ["'self'", 'blob:', 'data:', server.origin, server.origin.replace('http', 'ws')];
      const sources = [...policy].filter(([name]) => name.endsWith('-src')).flatMap(([, values]) => values);
      const elsewhere = sources.filter(
        (source) => !own.includes(source) && source !== "'none'" && !source.endsWith(`:${server.port}`),
      );
      expect(elsewhere, path).toEqual([]);
      expect(headers['content-security-policy'], path).not.toMatch(/unsafe|\*|https:(?!\/\/)/);
      expect(headers, path).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(headers, path).not.toHaveProperty('x-powered-by');
    }
  });

  test('the session is in a cookie that scripts and other sites do not get', async ({ person, server }) => {
    const alice = await person('alice');
    const cookies = await alice.context.cookies();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', domain: 'localhost' });
    expect(await alice.page.evaluate(() => document.cookie)).toBe('');
    const stored = await alice.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(stored).not.toContain(cookies[0]?.value);
    // Another site's request is refused even with the cookie.
    const answer = await alice.context.request.delete(`${server.origin}/api/sessions/current`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    expect(answer.status()).toBe(403);
  });

  test('script that is smuggled into the page does not run', async ({ person }) => {
    const alice = await person('alice');
    alice.guard.expect(/Content Security Policy|TrustedHTML/);
    const ran = await alice.page.evaluate(async () => {
      const outcome: string[] = [];
      const violated = new Promise((resolve) => addEventListener('securitypolicyviolation', resolve, { once: true }));
      try {
        document.body.innerHTML = '<img src=x onerror="document.title = `ran`">';
        outcome.push('innerHTML');
      } catch {
        // Trusted Types.
      }
      await violated;
      return [...outcome, ...(document.title === 'ran' ? ['handler'] : [])];
    });
    expect(ran).toEqual([]);
  });
});
