import { defineConfig } from '@playwright/test';
import { browserArgs, findChromium } from './e2e/support/chromium.ts';

const ci = Boolean(process.env.CI);
const executablePath = findChromium();

/**
 * One file per promise made to the user. Hermetic: the production build, real servers on free ports with databases of their own,
 * and a browser that reaches nothing else. Each test makes its own people; files do not share a server.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  globalSetup: './e2e/support/global-setup.ts',
  fullyParallel: false,
  workers: ci ? 2 : 1,
  forbidOnly: ci,
  // A test that fails now and then is a bug in the test or in the product, and fails here. On a CI machine it is tried once more, with new
  // people and a new browser: it is then listed as flaky, with what went wrong, and does not hold up all else.
  retries: ci ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [[ci ? 'line' : 'list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // Recording costs a third of the time, so only where someone will look at it.
    trace: ci ? 'off' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      args: browserArgs,
      // As root there is no sandbox to be had.
      chromiumSandbox: process.getuid?.() !== 0,
      ...(executablePath === undefined ? {} : { executablePath }),
    },
  },
});
