/** `pnpm test`: all suites, one after the other. The last line sums them up. */
import { runPlaywright, runVitest, sentence } from './suites.mjs';

const counts = [runVitest(), await runPlaywright()];
console.log(sentence(counts));
process.exit(counts.some(({ failed }) => failed > 0) ? 1 : 0);
