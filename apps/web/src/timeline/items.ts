import type {
  MemberRow,
  MessageRow,
  NoticeRow,
  SecurityRow,
  TimelineRow,
  UnreadableReason,
  UnreadableRow,
} from '@undertone/client/view';
import type { AccountId, Seq, TimestampMs } from '@undertone/protocol';
import type { PresenceLine } from './presence-lines.ts';

/** What the list shows, one entry per element. */
export type TimelineItem =
  /** The beginning of the room, or what says that more is coming. */
  | { readonly kind: 'top'; readonly key: string }
  /** Room under the last row: the list's height is the sum of its items. */
  | { readonly kind: 'bottom'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: TimestampMs }
  | { readonly kind: 'new'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly row: MessageRow;
      /** First of a group: with avatar and name. */
      readonly head: boolean;
      /** The newest own message that arrived: it says so. */
      readonly newestSent: boolean;
    }
  | {
      readonly kind: 'unreadable';
      readonly key: string;
      readonly rows: readonly UnreadableRow[];
      readonly reason: UnreadableReason;
    }
  | { readonly kind: 'notices'; readonly key: string; readonly parts: readonly NoticePart[]; readonly at: TimestampMs }
  | { readonly kind: 'members'; readonly key: string; readonly parts: readonly MemberPart[]; readonly at: TimestampMs }
  | { readonly kind: 'pinned'; readonly key: string; readonly row: NoticeRow }
  | { readonly kind: 'security'; readonly key: string; readonly row: SecurityRow }
  | {
      readonly kind: 'presence';
      readonly key: string;
      readonly accounts: readonly AccountId[];
      readonly at: TimestampMs;
    };

/** Who did the same between two messages. `came_and_went`: joined and left again. */
export interface NoticePart {
  readonly event: Exclude<NoticeRow['event'], 'pinned'> | 'came_and_went';
  readonly accounts: readonly AccountId[];
}

/** Several to whom the same member did the same, one after the other. */
export interface MemberPart {
  readonly event: MemberRow['event'];
  readonly by: AccountId | null;
  readonly accounts: readonly AccountId[];
}

export interface ItemOptions {
  /** The 'new' line stands after this entry; null for no line. */
  readonly newAfter: Seq | null;
  /** Rows from before the first are not loaded: the 'new' line may belong there. */
  readonly more: boolean;
  readonly presence: readonly PresenceLine[];
}

/** Messages of one sender within this time stand under one name. */
const groupMs = 5 * 60_000;
/** Reasons that come in runs and mean the same for each row. */
const runs: ReadonlySet<UnreadableReason> = new Set(['before_this_browser', 'waiting_for_history', 'not_kept']);

/** The list for `rows` (sorted). A pure function of its arguments and the local time zone. */
export function itemsOf(rows: readonly TimelineRow[], options: ItemOptions): readonly TimelineItem[] {
  return new Builder(rows, options).build();
}

class Builder {
  readonly #items: TimelineItem[] = [{ kind: 'top', key: 'top' }];
  readonly #newestSent: string | undefined;
  #dayStart = 0;
  #dayEnd = 0;
  #lineDrawn = false;
  #nextLine = 0;

  readonly #rows: readonly TimelineRow[];
  readonly #options: ItemOptions;

  constructor(rows: readonly TimelineRow[], options: ItemOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#newestSent = rows.findLast((row) => row.kind === 'message' && row.own && row.delivery === 'sent')?.key;
  }

  build(): readonly TimelineItem[] {
    for (const row of this.#rows) {
      this.#presenceBefore(row.order);
      this.#day(row.at);
      this.#newLine(row);
      this.#row(row);
    }
    this.#presenceBefore(Number.POSITIVE_INFINITY);
    this.#items.push({ kind: 'bottom', key: 'bottom' });
    return this.#items;
  }

  #presenceBefore(order: number): void {
    for (;;) {
      const line = this.#options.presence[this.#nextLine];
      if (line === undefined || line.after >= order) return;
      this.#nextLine += 1;
      this.#items.push({ kind: 'presence', key: line.key, accounts: line.accounts, at: line.at });
    }
  }

  #day(at: TimestampMs): void {
    if (at < this.#dayEnd) return;
    const start = new Date(at);
    start.setHours(0, 0, 0, 0);
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    this.#dayStart = start.getTime();
    this.#dayEnd = end.getTime();
    this.#items.push({ kind: 'day', key: `day ${this.#dayStart}`, at: this.#dayStart });
  }

  /** Before the first row of someone else after the read marker; notices do not count. */
  #newLine(row: TimelineRow): void {
    const { newAfter } = this.#options;
    if (this.#lineDrawn || newAfter === null || row.seq === null || row.seq <= newAfter) return;
    if (this.#options.more && (this.#rows[0]?.seq ?? 0) > newAfter + 1) return;
    if (row.kind !== 'message' && row.kind !== 'unreadable') return;
    if (row.kind === 'message' && row.own) return;
    this.#lineDrawn = true;
    this.#items.push({ kind: 'new', key: 'new' });
  }

  #row(row: TimelineRow): void {
    const last = this.#items.at(-1);
    switch (row.kind) {
      case 'message': {
        const sameSender =
          last?.kind === 'message' && last.row.account === row.account && last.row.former === row.former;
        const follows = sameSender && row.at - last.row.at < groupMs;
        // What an answer answers stands under its sender's name, and a second time stands beside the first.
        const head = !follows || row.reply !== null || row.writtenAt !== undefined;
        this.#items.push({ kind: 'message', key: row.key, row, head, newestSent: row.key === this.#newestSent });
        return;
      }
      case 'unreadable':
        if (last?.kind === 'unreadable' && last.reason === row.reason && runs.has(row.reason)) {
          this.#items[this.#items.length - 1] = { ...last, rows: [...last.rows, row] };
        } else {
          this.#items.push({ kind: 'unreadable', key: row.key, rows: [row], reason: row.reason });
        }
        return;
      case 'notice':
        if (row.event === 'pinned') {
          this.#items.push({ kind: 'pinned', key: row.key, row });
        } else if (last?.kind === 'notices') {
          this.#items[this.#items.length - 1] = { ...last, parts: withNotice(last.parts, row.event, row.account) };
        } else {
          this.#items.push({
            kind: 'notices',
            key: row.key,
            parts: withNotice([], row.event, row.account),
            at: row.at,
          });
        }
        return;
      case 'member':
        if (last?.kind === 'members') {
          this.#items[this.#items.length - 1] = { ...last, parts: withMember(last.parts, row) };
        } else {
          this.#items.push({ kind: 'members', key: row.key, parts: withMember([], row), at: row.at });
        }
        return;
      case 'security':
        this.#items.push({ kind: 'security', key: row.key, row });
        return;
      default:
        row satisfies never;
    }
  }
}

/** `parts` with one more notice: an account stands once, with what became of it in the end. */
export function withNotice(
  parts: readonly NoticePart[],
  happened: Exclude<NoticePart['event'], 'came_and_went'>,
  account: AccountId,
): readonly NoticePart[] {
  const before = parts.find((part) => part.accounts.includes(account))?.event;
  let event: NoticePart['event'] = happened;
  if (happened === 'left' && (before === 'joined' || before === 'came_and_went')) event = 'came_and_went';
  const rest = parts
    .map((part) => ({ event: part.event, accounts: part.accounts.filter((one) => one !== account) }))
    .filter((part) => part.accounts.length > 0);
  const same = rest.findIndex((part) => part.event === event);
  const old = rest[same];
  if (old === undefined) return [...rest, { event, accounts: [account] }];
  return rest.with(same, { event, accounts: [...old.accounts, account] });
}

/** `parts` with one more change. Nothing is summed up that would hide who was in for a while, and who did it. */
export function withMember(
  parts: readonly MemberPart[],
  { event, by, account }: Pick<MemberRow, 'event' | 'by' | 'account'>,
): readonly MemberPart[] {
  const last = parts.at(-1);
  // Of those who left, and those who came in by themselves, it does not matter whose commit it was.
  const actor = event === 'left' || event === 'entered' ? null : by;
  if (last?.event === event && last.by === actor && !last.accounts.includes(account))
    return parts.with(-1, { ...last, accounts: [...last.accounts, account] });
  return [...parts, { event, by: actor, accounts: [account] }];
}
