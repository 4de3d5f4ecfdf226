import { describe, expect, it } from 'vitest';
import { equalBytes, noBytes } from '../../src/codec/bytes.ts';
import { decode } from '../../src/codec/reader.ts';
import { decryptWithLabel, verifyWithLabel } from '../../src/crypto/labels.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { welcomeLabel } from '../../src/group/create-welcome.ts';
import { groupInfoLabel } from '../../src/group/group-info.ts';
import { referenceOf } from '../../src/group/key-package.ts';
import { encodeGroupContext } from '../../src/messages/group-context.ts';
import { encodeGroupInfoContent, readGroupInfo } from '../../src/messages/group-info.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { wireFormats } from '../../src/messages/numbers.ts';
import { readGroupSecrets } from '../../src/messages/welcome.ts';
import { confirmationTagOf, epochFromJoiner, welcomeKeyOf, zeroSecret } from '../../src/schedule/key-schedule.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly init_priv: string;
  readonly signer_pub: string;
  readonly key_package: string;
  readonly welcome: string;
}

describe('welcome', () => {
  it.each(loadVectors<Vector>('welcome.json'))('case %i', async (_, vector) => {
    const suite = cipherSuite(vector.cipher_suite);
    const keyPackageMessage = decodeMlsMessage(fromHex(vector.key_package));
    const welcomeMessage = decodeMlsMessage(fromHex(vector.welcome));
    if (keyPackageMessage.wireFormat !== wireFormats.keyPackage) throw new Error('no key package');
    if (welcomeMessage.wireFormat !== wireFormats.welcome) throw new Error('no Welcome');
    const { keyPackage } = keyPackageMessage;
    const { secrets, encryptedGroupInfo } = welcomeMessage.welcome;

    const reference = referenceOf(suite, keyPackage);
    const entry = secrets.find(({ newMember }) => equalBytes(newMember, reference));
    if (entry === undefined) throw new Error('not addressed');
    const keyPair = { privateKey: fromHex(vector.init_priv), publicKey: keyPackage.initKey };
    const { encryptedGroupSecrets } = entry;
    const opened = await decryptWithLabel(suite, keyPair, welcomeLabel, encryptedGroupInfo, encryptedGroupSecrets);
    if (opened === undefined) throw new Error('the group secrets do not open');
    const { joinerSecret, psks } = decode(opened, readGroupSecrets);
    expect(psks).toEqual([]);

    const noPsk = zeroSecret(suite.hash);
    const { key, nonce } = welcomeKeyOf(suite, joinerSecret, noPsk);
    const openedInfo = await suite.aead.open(key, nonce, noBytes, encryptedGroupInfo);
    if (openedInfo === undefined) throw new Error('the group info does not open');
    const groupInfo = decode(openedInfo, readGroupInfo);
    const { signedPart, signature, groupContext, confirmationTag } = groupInfo;
    expect(toHex(encodeGroupInfoContent(groupInfo))).toBe(toHex(signedPart));
    expect(await verifyWithLabel(suite, fromHex(vector.signer_pub), groupInfoLabel, signedPart, signature)).toBe(true);

    const epoch = epochFromJoiner(suite.hash, joinerSecret, noPsk, encodeGroupContext(groupContext));
    const candidate = confirmationTagOf(suite.hash, epoch.secrets, groupContext.confirmedTranscriptHash);
    expect(toHex(candidate)).toBe(toHex(confirmationTag));
  });
});
