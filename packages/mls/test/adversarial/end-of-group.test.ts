import { describe, expect, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { exportSecret } from '../../src/group/exports.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { propose, proposeUpdate } from '../../src/group/propose.ts';
import type { GroupState } from '../../src/group/state.ts';
import { verifyTree } from '../../src/group/verify-members.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { mls10, proposalTypes } from '../../src/messages/numbers.ts';
import { commit, groupOf, type Member } from '../flows/members.ts';

/** Everything that a member can do with a state. */
function operations(client: MlsClient, state: GroupState, message: Uint8Array): Record<string, () => Promise<unknown>> {
  return {
    encrypt: () => encryptApplication(client, state, textBytes('hello')),
    commit: () => createCommit(client, state, { path: true }),
    propose: () => propose(client, state, { type: proposalTypes.remove, removed: 0 }),
    update: () => proposeUpdate(client, state),
    process: () => processMessage(client, state, decodeMlsMessage(message)),
    export: async () => exportSecret(state, 'label', new Uint8Array(), 32),
    'group info': () => createGroupInfo(client, state),
    verify: () => verifyTree(client, state),
  };
}

async function ended(how: 'removed' | 'reinitialized') {
  const members = (await groupOf(['a', 'b', 'c'])) as [Member, Member, Member];
  const [a, b] = members;
  const { message } = await encryptApplication(a.client, a.state, textBytes('late'));
  const reInit = { groupId: textBytes('next'), version: mls10, cipherSuite: 1, extensions: [] };
  const proposal =
    how === 'removed'
      ? ({ type: proposalTypes.remove, removed: 1 } as const)
      : ({ type: proposalTypes.reInit, ...reInit } as const);
  await commit(a, members, { proposals: [proposal] });
  return operations(b.client, b.state, message);
}

describe.each(['removed', 'reinitialized'] as const)('%s', (how) => {
  it.each(['encrypt', 'commit', 'propose', 'update', 'process', 'export', 'group info', 'verify'])(
    '%s is refused',
    async (name) => {
      const all = await ended(how);
      await expect(all[name]?.()).rejects.toMatchObject({ code: how });
    },
  );
});
