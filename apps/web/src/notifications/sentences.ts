import type { MessageRow } from '@undertone/client/view';
import { plainText } from '../markdown/plain.ts';
import { firstLine } from '../text/message-text.ts';
import { cleanName } from '../text/names.ts';

/** More messages of a room than this, at once, become one sentence. */
const mostLines = 3;

export interface NotificationWords {
  readonly title: string;
  readonly body: string;
}

interface Heard {
  /** The room's or thread's title. */
  readonly title: string;
  readonly kind: 'public' | 'thread';
  /** The title is the one person that says it all. */
  readonly onePerson: boolean;
  readonly messages: readonly Pick<MessageRow, 'account' | 'text' | 'file'>[];
  readonly nameOf: (account: MessageRow['account']) => string;
}

const newMessages = (count: number): string => (count === 1 ? 'New message' : `${count} new messages`);

const list = new Intl.ListFormat('en', { type: 'conjunction' });

/** A message in one line: its text, or its file's name. */
export function lineOf({ text, file }: Pick<MessageRow, 'text' | 'file'>): string {
  const said = firstLine(plainText(text), 160);
  if (!file) return said;
  const name = `File: ${cleanName(file.name)}`;
  return said === '' ? name : `${name} – ${said}`;
}

/** What a notification says of messages that came at once. Without content it does not even say where. */
export function notificationWords(heard: Heard, content: boolean): NotificationWords {
  const { messages, nameOf } = heard;
  if (!content) return { title: 'Undertone', body: newMessages(messages.length) };
  const title = heard.kind === 'public' ? `# ${heard.title}` : heard.title;
  if (messages.length > mostLines) {
    const names = [...new Set(messages.map(({ account }) => nameOf(account)))];
    const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} others`] : names;
    const from = heard.onePerson ? '' : ` from ${list.format(shown)}`;
    return { title, body: `${newMessages(messages.length)}${from}` };
  }
  const lines = messages.map((message) =>
    heard.onePerson ? lineOf(message) : `${nameOf(message.account)}: ${lineOf(message)}`,
  );
  return { title, body: lines.join('\n') };
}
