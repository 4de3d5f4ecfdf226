import { type LockIdle, lockIdleMinutes } from '@undertone/client/view';

export type IdleChoice = `${(typeof lockIdleMinutes)[number]}` | 'close';

const words: Readonly<Record<IdleChoice, string>> = {
  5: '5 minutes',
  15: '15 minutes',
  60: '1 hour',
  240: '4 hours',
  close: 'Only when Undertone is closed',
};

export const idleChoices: readonly { readonly value: IdleChoice; readonly label: string }[] = (
  [...lockIdleMinutes.map((minutes) => String(minutes) as IdleChoice), 'close'] as const
).map((value) => ({ value, label: words[value] }));

export const choiceOf = (minutes: LockIdle): IdleChoice => (minutes === null ? 'close' : `${minutes}`);

export const minutesOf = (choice: IdleChoice): LockIdle =>
  lockIdleMinutes.find((minutes) => String(minutes) === choice) ?? null;
