import { RestClient } from '@undertone/client/rest';

/** For pages that ask the server themselves. The chat leaves that to the core, so that it need not load zod. */
export const rest = new RestClient();
