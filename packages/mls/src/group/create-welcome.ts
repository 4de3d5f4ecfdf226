import type { Bytes } from '../codec/bytes.ts';
import { noBytes } from '../codec/bytes.ts';
import { encode } from '../codec/writer.ts';
import { encryptWithLabel } from '../crypto/labels.ts';
import { writeGroupInfo } from '../messages/group-info.ts';
import type { KeyPackage } from '../messages/key-package.ts';
import { encodeMlsMessage } from '../messages/mls-message.ts';
import { wireFormats } from '../messages/numbers.ts';
import type { PskId } from '../messages/psk-id.ts';
import { type EncryptedGroupSecrets, writeGroupSecrets } from '../messages/welcome.ts';
import { welcomeKeyOf } from '../schedule/key-schedule.ts';
import type { CreatedPath } from '../tree/create-path.ts';
import { containsLeaf } from '../tree/subtree.ts';
import type { MlsClient } from './client.ts';
import type { NextEpoch } from './enter-epoch.ts';
import { createGroupInfo } from './group-info.ts';
import { referenceOf } from './key-package.ts';
import type { PlacedLeaf } from './policy.ts';
import type { GroupState } from './state.ts';

export const welcomeLabel = 'Welcome';

interface Newcomers {
  readonly keyPackages: readonly KeyPackage[];
  /** Where they stand, in the same order. */
  readonly places: readonly PlacedLeaf[];
  readonly created: CreatedPath | undefined;
  readonly pskSecret: Bytes;
  readonly psks: readonly PskId[];
  readonly ratchetTree: boolean;
}

/** The path secret of the lowest node above both a newcomer and the committer (RFC 9420 §12.4.3.1). */
function pathSecretFor(created: CreatedPath | undefined, leafIndex: number): Bytes | undefined {
  const meeting = created?.steps.findIndex(({ copath }) => containsLeaf(copath, leafIndex)) ?? -1;
  return created?.pathSecrets[meeting];
}

/** The Welcome for all that a commit adds (RFC 9420 §12.4.3.1). */
export async function createWelcome(
  client: MlsClient,
  state: GroupState,
  { joinerSecret }: NextEpoch,
  { keyPackages, places, created, pskSecret, psks, ratchetTree }: Newcomers,
): Promise<Bytes> {
  const { suite } = client;
  const groupInfo = await createGroupInfo(client, state, { ratchetTree, externalPub: false });
  const { key, nonce } = welcomeKeyOf(suite, joinerSecret, pskSecret);
  const encryptedGroupInfo = await suite.aead.seal(key, nonce, noBytes, encode(groupInfo, writeGroupInfo));
  key.fill(0);
  const secrets = await Promise.all(
    keyPackages.map(async (keyPackage, i): Promise<EncryptedGroupSecrets> => {
      const pathSecret = pathSecretFor(created, places[i]?.leafIndex ?? -1);
      const groupSecrets = encode({ joinerSecret, pathSecret, psks }, writeGroupSecrets);
      const encryptedGroupSecrets = await encryptWithLabel(
        suite,
        keyPackage.initKey,
        welcomeLabel,
        encryptedGroupInfo,
        groupSecrets,
      );
      groupSecrets.fill(0);
      return { newMember: referenceOf(suite, keyPackage), encryptedGroupSecrets };
    }),
  );
  const welcome = { cipherSuite: suite.id, secrets, encryptedGroupInfo };
  return encodeMlsMessage({ wireFormat: wireFormats.welcome, welcome });
}
