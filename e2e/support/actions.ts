import { expect, type Locator } from '@playwright/test';
import type { Person } from './person.ts';

/** The message's own button, which appears when the pointer is over it. */
export async function act(one: Person, text: string | RegExp, action: string): Promise<void> {
  const message = one.message(text).last();
  // Where the list is still scrolling the message leaves the pointer behind, its buttons go, and the pointer has to come again.
  await expect(async () => {
    await one.page.mouse.move(0, 0);
    await message.hover({ timeout: 2_000 });
    await message.getByRole('button', { name: action, exact: true }).click({ timeout: 2_000 });
  }).toPass({ timeout: 15_000 });
}

/** Begin an answer. A press on a list that is still moving does nothing, which one sees. */
export async function reply(one: Person, text: string | RegExp): Promise<void> {
  await expect(async () => {
    await act(one, text, 'Reply');
    await expect(one.page.getByRole('button', { name: 'Cancel the reply' })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
}

/** An entry of the message's menu. */
export async function choose(one: Person, text: string | RegExp, entry: string): Promise<void> {
  await act(one, text, 'More for this message');
  await one.page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** The chip of an emoji at a message; `count` reactions of it. */
export const chip = (one: Person, text: string | RegExp, emoji: string, count: number): Locator =>
  one.message(text).getByRole('button', { name: new RegExp(`^${emoji} ${count},`) });

/** Change a message's words, with nothing in the text box before. */
export async function edit(one: Person, text: string | RegExp, words: string): Promise<void> {
  await choose(one, text, 'Edit');
  // What was said comes into the box when the menu has closed.
  await expect(one.composer).not.toHaveValue('');
  await one.composer.fill(words);
  await one.composer.press('Enter');
}
