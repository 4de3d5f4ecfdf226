import type { LogEntry } from '@undertone/protocol';
import type { Person } from './people.ts';

/** Change the entries of one kind that come to the person, pushed or pulled. */
export function changeEntries(person: Person, change: (entry: LogEntry) => readonly LogEntry[]): void {
  person.incoming = (frame) =>
    frame.type === 'entries' || frame.type === 'page'
      ? [{ ...frame, entries: frame.entries.flatMap(change) }]
      : [frame];
}
