/** `pnpm test`: all suites, one after the other. The last line sums them up. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reports, runPlaywright, runVitest, sentence } from './suites.mjs';

const counts = [runVitest(), await runPlaywright()];
writeFileSync(join(reports, 'counts.txt'), `${sentence(counts)}\n`);
console.log(sentence(counts));
process.exit(counts.some(({ failed }) => failed > 0) ? 1 : 0);
