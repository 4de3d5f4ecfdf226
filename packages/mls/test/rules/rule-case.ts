import { expect } from 'vitest';
import { MlsError } from '../../src/errors.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { processMessage } from '../../src/group/process-message.ts';
import type { GroupState } from '../../src/group/state.ts';
import type { GroupInfo } from '../../src/messages/group-info.ts';
import type { MlsMessage } from '../../src/messages/mls-message.ts';
import { type Rule, rules } from '../../src/rules.ts';
import type { Member } from '../flows/members.ts';
import { snapshot } from '../support/snapshot.ts';

/** One way to break one rule. */
export interface RuleCase {
  readonly rule: Rule;
  readonly how: string;
  readonly attempt: () => Promise<Attempt>;
}

/** What is tried, and the states that it must leave as they were. */
export interface Attempt {
  readonly states: readonly GroupState[];
  readonly run: () => Promise<unknown>;
}

/** A member is sent a message. */
export function receiving({ client, state }: Member, message: MlsMessage): Attempt {
  return { states: [state], run: () => processMessage(client, state, message) };
}

/** A client joins by a group info. */
export function joining(client: MlsClient, groupInfo: GroupInfo, tree?: Uint8Array): Attempt {
  return { states: [], run: () => joinExternal(client, groupInfo, tree === undefined ? {} : { tree }) };
}

/** Runs a case: it fails with the rule and the code of the table, and nothing has changed. */
export async function expectBroken({ rule, attempt }: RuleCase): Promise<void> {
  const { states, run } = await attempt();
  const before = states.map(snapshot);
  const outcome = await run().then(
    () => 'accepted' as const,
    (error: unknown) => error,
  );
  if (outcome instanceof MlsError && outcome.rule !== rule) throw outcome;
  expect(outcome).toBeInstanceOf(MlsError);
  expect(outcome).toMatchObject({ rule, code: rules[rule].code });
  expect(states.map(snapshot)).toEqual(before);
}
