import list from './common-passwords.json' with { type: 'json' };
import type { CommonPasswords } from './password.ts';

/**
 * The 10,000 most common passwords of eight characters or more, in lower case and by frequency. A browser fetches the same file as
 * data instead of importing this module (see the sign-up page), so that it is not part of any script.
 */
export const commonPasswords: CommonPasswords = new Set(list);
