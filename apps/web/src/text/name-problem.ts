import { isVisibleName, visibleNameSentence } from '@undertone/protocol';

/** What is wrong with a display name, a room's name or a topic, as far as can be seen here (SPEC A7); an empty one is left to the form. */
export const nameProblem = (name: string): string | undefined =>
  name.trim() === '' || isVisibleName(name) ? undefined : visibleNameSentence;
