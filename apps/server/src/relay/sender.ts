import type { AccountId, DeviceId, EntryId, RoomId, Seq } from '@undertone/protocol';

/** Who is speaking: a device of an account, as its session proved (SPEC I7). */
export interface Sender {
  readonly account: AccountId;
  readonly device: DeviceId;
}

/** Where an entry stands. */
export interface Ack {
  readonly room: RoomId;
  readonly id: EntryId;
  readonly seq: Seq;
  readonly at: number;
}
