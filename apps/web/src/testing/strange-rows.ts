import type { TimelineRow, UnreadableReason } from '@undertone/client/view';
import type { AccountId, DeviceId, EntryId, Seq } from '@undertone/protocol';
import { me, memberChange, message, notice } from './rows.ts';

const minute = 60_000;

/** One of each kind of row that is seldom seen, and text that has been trouble elsewhere. */
export function strangeRows(members: readonly AccountId[], now: number): TimelineRow[] {
  const at = (seq: number) => now - (60 - seq) * minute;
  const [a = me, b = me, c = me, d = me, e = me] = members.slice(1);
  const base = (seq: number) => ({ key: `s${seq}`, order: seq, seq: seq as Seq, at: at(seq) });
  const unreadable = (seq: number, who: AccountId, reason: UnreadableReason) =>
    ({
      ...base(seq),
      kind: 'unreadable',
      id: `s${seq}` as EntryId,
      account: who,
      device: 'device' as DeviceId,
      reason,
    }) as const;
  return [
    ...[1, 2, 3, 4, 5].map((seq) => unreadable(seq, a, 'waiting_for_history')),
    unreadable(6, b, 'before_this_browser'),
    message(7, a, 'Then someone joined.', at(7)),
    ...[a, b, c, d, e].map((who, i) => notice(8 + i, who, 'joined', at(8 + i))),
    notice(13, c, 'left', at(13)),
    message(14, b, 'See the file invoice\u202efdp.exe, it is \u202dquite\u202c harmless', at(14)),
    unreadable(15, d, 'forged'),
    unreadable(16, d, 'undecryptable'),
    unreadable(17, e, 'newer_version'),
    unreadable(17.5, b, 'erased'),
    unreadable(17.7, d, 'other_branch'),
    notice(18, d, 'started_anew', at(18)),
    { ...base(19), kind: 'security', event: 'keys_refused' },
    { ...base(19.5), kind: 'security', event: 'restored' },
    { ...base(20), kind: 'security', event: 'rejoined' },
    { ...base(20.5), kind: 'security', event: 'gap' },
    { ...base(21), kind: 'security', event: 'repaired' },
    message(22, a, '<script>alert(1)</script> <b>not bold</b> # not a heading', at(22)),
    message(23, b, `${'long'.repeat(2_500)}`, at(23)),
    message(
      24,
      c,
      '👩🏽‍🚀👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 and [a bank](https://evil.example/login) and [https://bank.example](https://evil.example)',
      at(24),
    ),
    notice(25, e, 'account_removed', at(25)),
    message(26, me, 'This one was sent.', at(26)),
    message(27, me, 'fail: this one was not', at(27), {
      order: 26.5,
      seq: null,
      delivery: 'failed',
      failure: 'Too many tries in a short time. Wait a moment, then try again.',
    }),
    message(28, me, 'and this one is on its way', at(28), { order: 26.6, seq: null, delivery: 'sending' }),
  ];
}

/** What a thread's group says of its members, and what went wrong with its keys. `group` has six people, oneself first. */
export function strangeMembers(group: readonly AccountId[], now: number): TimelineRow[] {
  const at = (seq: number) => now - (60 - seq) * minute;
  const [, a = me, b = me, c = me, d = me, e = me] = group;
  const base = (seq: number) => ({ key: `t${seq}`, order: seq, seq: seq as Seq, at: at(seq) });
  return [
    memberChange(31, 'added', b, a, at(31)),
    memberChange(32, 'added', c, a, at(32)),
    memberChange(33, 'added', d, me, at(33)),
    memberChange(34, 'entered', b, null, at(34)),
    memberChange(35, 'removed', b, e, at(35)),
    memberChange(36, 'left', b, a, at(36)),
    message(37, a, 'I wrote this on the train, hours ago.', at(37), { writtenAt: at(37) - 7 * 60 * minute }),
    message(38, a, 'And this the day before.', at(38), { writtenAt: at(38) - 27 * 60 * minute }),
    { ...base(39), kind: 'security', event: 'keys_refused', account: e },
    { ...base(40), kind: 'security', event: 'different_log', account: e, from: at(20), to: at(38) },
    { ...base(41), kind: 'security', event: 'last_resort', account: c },
  ];
}
