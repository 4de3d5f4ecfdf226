/** What a key does in the chat; `act` in the table below means that this app's shell does it. */
export type ShortcutAction =
  | 'switch'
  | 'search'
  | 'sheet'
  | 'previous'
  | 'next'
  | 'previous-unread'
  | 'next-unread'
  | 'settings'
  | 'close';

export interface Shortcut {
  readonly keys: readonly string[];
  /** Another way to the same. */
  readonly or?: readonly string[];
  readonly label: string;
  readonly act?: ShortcutAction;
}

export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Every shortcut: the sheet shows this table, and the shell listens by it. `Mod` is Command on Apple's machines, else Control. */
export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    title: 'Getting around',
    shortcuts: [
      { keys: ['Mod', 'K'], label: 'Go to a room, thread or person', act: 'switch' },
      { keys: ['Mod', 'F'], or: ['/'], label: 'Search', act: 'search' },
      { keys: ['Alt', 'ArrowUp'], label: 'Previous room or thread', act: 'previous' },
      { keys: ['Alt', 'ArrowDown'], label: 'Next room or thread', act: 'next' },
      { keys: ['Alt', 'Shift', 'ArrowUp'], label: 'Previous with unread messages', act: 'previous-unread' },
      { keys: ['Alt', 'Shift', 'ArrowDown'], label: 'Next with unread messages', act: 'next-unread' },
      { keys: ['Mod', ','], label: 'Settings', act: 'settings' },
      { keys: ['Mod', '/'], or: ['?'], label: 'Keyboard shortcuts', act: 'sheet' },
      { keys: ['Escape'], label: 'Close what is on top', act: 'close' },
    ],
  },
  {
    title: 'Writing',
    shortcuts: [
      { keys: ['Enter'], label: 'Send' },
      { keys: ['Shift', 'Enter'], label: 'New line' },
      { keys: ['ArrowUp'], label: 'Edit your last message, in an empty field' },
      { keys: ['Escape'], label: 'Give up a reply or an edit' },
    ],
  },
];

const all = shortcutGroups.flatMap((group) => group.shortcuts);

export const isApple = (platform = navigator.platform): boolean => /^(mac|iphone|ipad)/i.test(platform);

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>;

/** A single key that writes something, where something is written. */
const writes = (keys: readonly string[]): boolean => keys.length === 1 && keys[0]?.length === 1;

function matches(keys: readonly string[], event: Pressed, apple: boolean): boolean {
  const key = keys.at(-1) ?? '';
  const mod = keys.includes('Mod');
  const control = apple ? event.metaKey : event.ctrlKey;
  const other = apple ? event.ctrlKey : event.metaKey;
  if (control !== mod || other || event.altKey !== keys.includes('Alt')) return false;
  // Which signs need Shift depends on the keyboard.
  const letters = /^[A-Z]$/.test(key) || key.length > 1;
  if (letters && event.shiftKey !== keys.includes('Shift')) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

/** What a key press asks for. `typing`: it went into a field where text is written. */
export function actionOf(event: Pressed, typing: boolean, apple = isApple()): ShortcutAction | undefined {
  return all.find(
    ({ act, keys, or = [] }) =>
      act !== undefined &&
      [keys, or].some((way) => way.length > 0 && !(typing && writes(way)) && matches(way, event, apple)),
  )?.act;
}

const signs: Readonly<Record<string, string>> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

/** A key as it is called on the keyboard. */
export function keyName(key: string, apple = isApple()): string {
  if (key === 'Mod') return apple ? '⌘' : 'Ctrl';
  if (key === 'Alt' && apple) return '⌥';
  return signs[key] ?? key;
}
