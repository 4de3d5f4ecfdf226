import { existsSync } from 'node:fs';

/**
 * Whether the services that tests need have to be there: on a CI machine `scripts/services.mjs` has installed them, where it could. Their
 * tests then fail rather than be skipped.
 */
export const servicesRequired = process.env.CI === 'true' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
