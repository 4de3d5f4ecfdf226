import { epochAuthenticator, groupId, members } from '@undertone/mls/profile';
import type { AccountId, RoomState, Seq } from '@undertone/protocol';
import type { IdentityBook } from '../identity/identity-book.ts';
import type { ChainRecord, RoomRecord, Vouched } from '../storage/records.ts';
import { floorOf } from './apply-epoch.ts';
import type { Welcomed } from './enter-group.ts';
import { EpochChain } from './epoch-chain.ts';
import { epochHash } from './log-hash.ts';
import type { RoomDeps } from './room-deps.ts';
import { accountsIn, deviceOf } from './roster.ts';
import { afterReturn, changedLeaves, identitiesOf } from './vouching.ts';

/** The record of a room that this device has not seen before. */
export function freshRecord(state: RoomState, fromStart: boolean, vouched: readonly Vouched[]): RoomRecord {
  // What this device created it knows better than the server.
  const room: RoomState = fromStart ? { ...state, kind: 'thread', policy: 'sealed' } : state;
  const cursor = room.welcome ? null : ((fromStart ? 0 : room.head) as Seq);
  // Its own commit is the first entry that it reads of a thread that it creates: the epoch comes from the log.
  const begun = fromStart ? { generation: 1 as RoomState['generation'], epoch: 0 as RoomState['epoch'] } : {};
  const first = ((cursor ?? room.joinedSeq) + 1) as Seq;
  return {
    room: { ...room, ...begun },
    cursor,
    first,
    group: null,
    entered: false,
    floor: null,
    jumpedFrom: null,
    founding: null,
    members: [],
    vouched,
    chain: null,
    differences: [],
    setBack: false,
    renewed: null,
    epochSeq: cursor ?? room.joinedSeq,
    readSeq: cursor ?? room.joinedSeq,
    unread: 0,
    unreadMentions: 0,
    heardSeq: 0 as Seq,
    receipts: {},
    pins: [],
    lastMessage: null,
    lastActivityAt: room.createdAt,
    unlinked: [],
    falseLinkers: [],
    waiting: 0,
  };
}

/** Earlier releases noted accounts alone: what was accepted of each is the identity that is pinned. */
export function completeVouched(identities: IdentityBook, stored: readonly (Vouched | AccountId)[]): Vouched[] {
  return stored.flatMap((one) => {
    if (typeof one !== 'string') return one;
    const root = identities.pinnedRoot(one);
    return root === undefined ? [] : { account: one, root };
  });
}

type Added = 'floor' | 'jumpedFrom' | 'founding' | 'chain' | 'differences' | 'setBack' | 'renewed' | 'falseLinkers';

/** A stored record as it is now; what earlier releases did not note is not known. */
export function completeRecord(identities: IdentityBook, stored: RoomRecord): RoomRecord {
  const nothing = { floor: null, jumpedFrom: null, founding: null, chain: null, renewed: null };
  const added: Pick<RoomRecord, Added> = { ...nothing, differences: [], setBack: false, falseLinkers: [] };
  return { ...added, ...stored, vouched: completeVouched(identities, stored.vouched) };
}

/** What a Welcome makes of a room: its members are accepted as they are found, and the log begins after its commit (SPEC V1, E1). */
export function enteredByWelcome(
  deps: Pick<RoomDeps, 'identities' | 'self'>,
  record: RoomRecord,
  { state, generation, epoch, seq, keyPackage }: Welcomed,
): { readonly record: RoomRecord; readonly chain: EpochChain } {
  const at = { generation, epoch };
  const leaves = members(state);
  // Accepted here before, and back by a Welcome (SPEC V2).
  const { floor } = record;
  const missed = floor === null ? [] : changedLeaves(floor, state).map((leaf) => deviceOf(leaf).account);
  const back = { stayed: floor?.generation === generation, missed, self: deps.self.account };
  const first = record.vouched.length === 0;
  const begun: ChainRecord = { ...at, start: seq, startedAt: Date.now(), ends: [] };
  const chain = EpochChain.begin(begun, epochHash(groupId(state), epoch, epochAuthenticator(state), seq));
  return {
    chain,
    record: {
      ...record,
      room: { ...record.room, ...at, welcome: false, pendingRemovals: [] },
      cursor: seq,
      first: (seq + 1) as Seq,
      readSeq: seq,
      group: at,
      entered: true,
      floor: floorOf(state, at, record.room.kind),
      founding: null,
      members: accountsIn(state, []),
      ...(first ? { vouched: identitiesOf(deps.identities, leaves) } : afterReturn(record, leaves, back)),
      chain: begun,
      setBack: false,
      renewed: keyPackage.lastResort ? null : { at: Date.now(), seq },
      epochSeq: seq,
    },
  };
}
