import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, copyBytes, equalBytes } from '../../src/codec/bytes.ts';
import { decode, type Reader } from '../../src/codec/reader.ts';
import { encode } from '../../src/codec/writer.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { MlsError } from '../../src/errors.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import {
  externalSendersExtension,
  externalSendersOf,
  requiredCapabilitiesExtension,
  requiredCapabilitiesOf,
} from '../../src/messages/extension.ts';
import { readAuthenticatedContent, writeAuthenticatedContent } from '../../src/messages/framed-content.ts';
import { decodeMlsMessage, encodeMlsMessage, readMlsMessage, writeMlsMessage } from '../../src/messages/mls-message.ts';
import { extensionTypes, proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { readGroupSecrets, writeGroupSecrets } from '../../src/messages/welcome.ts';
import { inspectGroupInfo } from '../../src/profile/index.ts';
import { readStoredStates, storedChanges } from '../../src/store/stored-states.ts';
import { readTree, writeTree } from '../../src/tree/encode-tree.ts';
import { validateTree } from '../../src/tree/validate-tree.ts';
import { packChecks, unpackChecks } from '../../src/workers/packed-checks.ts';
import { clientNamed } from '../flows/members.ts';
import { Specimen, spoilt } from '../support/grammar.ts';
import { randomBytes } from '../support/hostile.ts';
import { seededRandom } from '../support/random.ts';
import { commitMakers, groupInfoSpecimen, messageMakers, room } from '../support/specimens.ts';

/** Of all decoders together. */
const cases = Number(process.env.MLS_FUZZ_CASES ?? 100_000);
const maxCaseMs = 5_000;

/** What is fuzzed: something that takes bytes, and gives them again where the decoder has a writer. */
interface Target {
  readonly name: string;
  readonly share: number;
  readonly specimens: readonly Specimen[];
  readonly run: (bytes: Bytes) => Bytes | undefined;
}

function codec<T>(read: (reader: Reader) => T, write: (writer: Parameters<typeof writeTree>[0], value: T) => void) {
  return (bytes: Bytes) => encode(decode(bytes, read), write);
}

async function messages(): Promise<Bytes[]> {
  const found: Bytes[] = [];
  for (const make of Object.values({ ...commitMakers, ...messageMakers })) found.push(await make(await room()));
  const members = await room();
  const [a] = members;
  found.push(await groupInfoSpecimen(members));
  const { keyPackage } = await generateKeyPackage(await clientNamed('x'), [{ type: 0xf00a, data: new Uint8Array() }]);
  found.push(encodeMlsMessage({ wireFormat: wireFormats.keyPackage, keyPackage }));
  const add = { type: proposalTypes.add, keyPackage } as const;
  const { welcome } = await createCommit(a.client, a.state, { proposals: [add], path: true });
  if (welcome !== undefined) found.push(welcome);
  return found;
}

/** Runs many cases. Returns how many were accepted. */
function fuzz({ run, specimens }: Target, count: number, seed: number): { accepted: number; slowestMs: number } {
  const random = seededRandom(seed);
  let accepted = 0;
  let slowestMs = 0;
  for (let i = 0; i < count; i++) {
    const bytes = spoilt(random, specimens);
    const started = performance.now();
    try {
      const again = run(bytes);
      accepted++;
      if (again !== undefined && !equalBytes(again, bytes)) throw new Error(`case ${i}: not canonical`);
    } catch (error) {
      if (!(error instanceof MlsError) || error.code === 'internal') {
        throw new Error(`case ${i} of seed ${seed}: ${Buffer.from(bytes).toString('hex').slice(0, 4000)}`, {
          cause: error,
        });
      }
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  return { accepted, slowestMs };
}

async function targets(): Promise<Target[]> {
  const encoded = await messages();
  const members = await room();
  await commitMakers['by reference']?.(members);
  const [, , c, { state }] = members;
  const groupInfo = await groupInfoSpecimen(members);
  const records = new Map(storedChanges({}, { s: state }).map(({ key, value }) => [key, value ?? new Uint8Array()]));
  const contents = encoded.flatMap((bytes) => {
    const message = decodeMlsMessage(bytes);
    return message.wireFormat === wireFormats.publicMessage
      ? [encode(message.publicMessage.content, writeAuthenticatedContent)]
      : [];
  });
  const secrets = { joinerSecret: randomBytes(), pathSecret: randomBytes(), psks: [] };
  const sender = { signatureKey: randomBytes(), credential: c.client.credential };
  const required = requiredCapabilitiesExtension({ extensions: [1], proposals: [2, 3], credentials: [1] });
  const plain = (bytes: Bytes) => new Specimen(bytes, () => undefined);
  const reader = (read: (from: Reader) => unknown) => (bytes: Bytes) => new Specimen(bytes, read);
  const extension = (type: number, read: (extensions: { type: number; data: Bytes }[]) => unknown) => (data: Bytes) => {
    read([{ type, data }]);
    return undefined;
  };
  const check = { publicKey: randomBytes(), data: randomBytes(), signature: randomBytes(64) };
  return [
    {
      name: 'MLSMessage',
      share: 0.45,
      specimens: encoded.map(reader(readMlsMessage)),
      run: codec(readMlsMessage, writeMlsMessage),
    },
    {
      name: 'AuthenticatedContent',
      share: 0.2,
      specimens: contents.map(reader(readAuthenticatedContent)),
      run: codec(readAuthenticatedContent, writeAuthenticatedContent),
    },
    {
      name: 'ratchet tree, with its validation',
      share: 0.1,
      specimens: [encode(state.tree, writeTree)].map(reader(readTree)),
      run(bytes) {
        const tree = decode(bytes, readTree);
        const again = encode(tree, writeTree);
        if (!equalBytes(again, bytes)) throw new Error('not canonical');
        validateTree(suite1.hash, tree);
        return again;
      },
    },
    {
      name: 'GroupSecrets',
      share: 0.05,
      specimens: [encode(secrets, writeGroupSecrets)].map(reader(readGroupSecrets)),
      run: codec(readGroupSecrets, writeGroupSecrets),
    },
    {
      name: 'group info, described',
      share: 0.05,
      specimens: [groupInfo].map(reader(readMlsMessage)),
      run: (bytes) => void inspectGroupInfo(bytes),
    },
    {
      name: 'required_capabilities',
      share: 0.03,
      specimens: [plain(required.data)],
      run: extension(extensionTypes.requiredCapabilities, requiredCapabilitiesOf),
    },
    {
      name: 'external_senders',
      share: 0.03,
      specimens: [plain(externalSendersExtension([sender]).data)],
      run: extension(extensionTypes.externalSenders, externalSendersOf),
    },
    {
      name: 'checks for a worker',
      share: 0.03,
      specimens: [plain(packChecks([check, check]))],
      run: (bytes) => void unpackChecks(bytes),
    },
    ...[...records].map(([key, value]) => ({
      name: `stored ${key.replace(/[0-9a-f]{64}/, 'hash')}`,
      share: 0.06 / records.size,
      specimens: [plain(copyBytes(value))],
      run: (bytes: Bytes) => void readStoredStates(new Map([...records, [key, bytes]])),
    })),
  ];
}

describe('decoders', () => {
  const stackTraceLimit = Error.stackTraceLimit;
  let all: Target[] = [];
  beforeAll(async () => {
    all = await targets();
    Error.stackTraceLimit = 2;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`${cases} cases: nothing but our own errors, what is accepted is canonical, and none takes long`, {
    timeout: 1_800_000,
  }, () => {
    let total = 0;
    for (const [i, target] of all.entries()) {
      const count = Math.ceil(target.share * cases);
      total += count;
      const { accepted, slowestMs } = fuzz(target, count, 1000 + i);
      expect({ target: target.name, tooSlow: slowestMs > maxCaseMs }).toEqual({ target: target.name, tooSlow: false });
      expect({ target: target.name, allAccepted: accepted === count }).toEqual({
        target: target.name,
        allAccepted: false,
      });
    }
    expect(total).toBeGreaterThanOrEqual(cases);
  });
});
