import type { MessageRow } from '@undertone/client/view';
import type { RoomId } from '@undertone/protocol';
import type { Router } from '../app/router.svelte.ts';
import { roomPath } from '../chat/home.ts';
import type { ChatState } from '../state/chat-state.svelte.ts';
import { isTold, levelOf } from './levels.ts';
import { accessNow } from './permission.svelte.ts';
import { notificationWords } from './sentences.ts';
import { showNotification } from './show.ts';
import type { Tabs } from './tabs.ts';
import { playTone } from './tone.ts';

/** What comes within this time of a room comes at once. */
const gatherMs = 250;

/**
 * Shows what arrives while no tab is in view. Every tab has one of these and hears of everything; the elected tab's shows it.
 */
export class Notifier {
  readonly #chat: ChatState;
  readonly #router: Router;
  readonly #tabs: Tabs;
  readonly #gathered = new Map<RoomId, MessageRow[]>();
  readonly #shown = new Map<RoomId, Notification>();

  constructor(chat: ChatState, router: Router, tabs: Tabs) {
    this.#chat = chat;
    this.#router = router;
    this.#tabs = tabs;
    tabs.onVisible = () => this.#closeAll();
    chat.core.subscribe((event) => {
      if (event.type === 'arrived') void this.#hear(event.room, event.messages).catch(reportError);
    });
  }

  /** Close what was read, here or in another tab. Called when the rooms change. */
  closeRead(): void {
    // All rooms are looked at, so that an effect that calls this depends on all.
    const unread = new Set([...this.#chat.rooms.values()].filter((room) => room.unread > 0).map(({ id }) => id));
    for (const room of [...this.#shown.keys()]) {
      if (!unread.has(room)) this.#close(room);
    }
  }

  async #hear(room: RoomId, messages: readonly MessageRow[]): Promise<void> {
    if (!this.#tabs.elected || !this.#chat.preferences.notifications || accessNow() !== 'granted') return;
    // What comes while someone looks is not told when they look away a moment later.
    if (await this.#tabs.anyVisible()) return;
    const waiting = this.#gathered.get(room);
    if (waiting) {
      waiting.push(...messages);
      return;
    }
    this.#gathered.set(room, [...messages]);
    setTimeout(() => {
      const all = this.#gathered.get(room) ?? [];
      this.#gathered.delete(room);
      void this.#tell(room, all).catch(reportError);
    }, gatherMs);
  }

  async #tell(id: RoomId, all: readonly MessageRow[]): Promise<void> {
    const room = this.#chat.rooms.get(id);
    const { preferences, me, session } = this.#chat;
    if (!room || session.phase !== 'ready' || !preferences.notifications) return;
    const level = levelOf(room, preferences);
    const messages = all.filter((message) => (message.seq ?? 0) > room.readSeq && isTold(message, level, me));
    const newest = messages.at(-1);
    if (!newest || (await this.#tabs.anyVisible())) return;
    if (preferences.notificationContent) {
      const accounts = new Set([...messages.map(({ account }) => account), ...room.members.slice(0, 12)]);
      const unknown = [...accounts].filter((account) => !this.#chat.people.has(account));
      if (unknown.length > 0) await this.#chat.core.loadPeople(unknown).catch(() => undefined);
    }
    const words = notificationWords(
      {
        title: this.#chat.titleOf(room),
        kind: room.kind,
        onePerson: room.kind === 'thread' && room.members.length === 2,
        messages,
        nameOf: (account) => this.#chat.nameOf(account),
      },
      preferences.notificationContent,
    );
    const notification = showNotification(words, id);
    if (!notification) return;
    this.#shown.set(id, notification);
    notification.onclick = () => this.#open(id, newest.seq);
    notification.onclose = () => {
      if (this.#shown.get(id) === notification) this.#shown.delete(id);
    };
    if (preferences.sound) await playTone();
  }

  #open(id: RoomId, seq: number | null): void {
    const room = this.#chat.rooms.get(id);
    this.#close(id);
    globalThis.focus();
    if (room) this.#router.navigate(seq === null ? roomPath(room) : `${roomPath(room)}?m=${seq}`);
  }

  #close(room: RoomId): void {
    this.#shown.get(room)?.close();
    this.#shown.delete(room);
  }

  #closeAll(): void {
    for (const room of [...this.#shown.keys()]) this.#close(room);
  }
}
