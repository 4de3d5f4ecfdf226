import { launch, signUp } from './browser.ts';
import type { Figure } from './result.ts';
import { withServer } from './server.ts';
import { median, quantile } from './statistics.ts';

const rounds = 9;

/** From the click on `Create account` to a lobby that one can write in: hashing, keys, the group, the first screen. */
export async function firstUse(): Promise<Figure[]> {
  return await withServer(async ({ origin }) => {
    const browser = await launch();
    const times: number[] = [];
    try {
      for (let i = 0; i < rounds; i++) {
        const { context, toLobbyMs } = await signUp(browser, origin, `visitor-${i}`);
        times.push(toLobbyMs);
        await context.close();
      }
    } finally {
      await browser.close();
    }
    const note = `${rounds} new accounts, slowest ${Math.round(quantile(times, 1))} ms`;
    return [
      { name: '`Create account` to a usable lobby, median', unit: 'ms', value: median(times), budget: 1_500, note },
    ];
  });
}
