import type { EntryId, RoomId } from '@undertone/protocol';
import type { Ledger, Reader } from './ledger.ts';

export interface Verdict {
  /** Envelopes that were acknowledged, and how often one was read, over all receivers. */
  readonly acknowledged: number;
  readonly delivered: number;
  /** How often an acknowledged envelope is missing at a receiver; how often one was read again, or stands in a log twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Seqs out of order or with a gap. */
  readonly disordered: number;
  /** What was read though nobody sent it, or other than it was sent or acknowledged, or though it was refused. */
  readonly falsified: number;
  /** Sent, and in the end neither acknowledged nor refused. */
  readonly unsettled: number;
  /** One sentence for each thing that is wrong. */
  readonly faults: readonly string[];
}

class Findings {
  lost = 0;
  doubled = 0;
  disordered = 0;
  falsified = 0;
  unsettled = 0;
  delivered = 0;
  readonly faults: string[];

  constructor(faults: readonly string[]) {
    this.faults = [...faults];
  }

  note(kind: 'lost' | 'doubled' | 'disordered' | 'falsified' | 'unsettled', sentence: string): void {
    this[kind] += 1;
    this.faults.push(`${kind}: ${sentence}`);
  }
}

/** One receiver's readings by themselves: in order, each once, as they were sent and acknowledged. */
function checkReader(ledger: Ledger, { name, room, everything, readings }: Reader, findings: Findings): void {
  const seen = new Map<EntryId, number>();
  let before = 0;
  for (const { seq, id, body } of readings) {
    if (everything ? seq !== before + 1 : seq <= before) {
      findings.note('disordered', `${name} read ${seq} of ${room} after ${before}`);
    }
    before = seq;
    if (id === null) continue;
    const first = seen.get(id);
    if (first !== undefined) {
      findings.note('doubled', `${name} read ${id} at ${first} and at ${seq} of ${room}`);
      continue;
    }
    seen.set(id, seq);
    const sent = ledger.sent.get(id);
    if (sent === undefined) continue;
    findings.delivered += 1;
    if (sent.room !== room || (sent.body !== null && body !== null && sent.body !== body)) {
      findings.note('falsified', `${name} read ${id} in ${room} other than it was sent`);
    }
    if (ledger.refused.has(id)) findings.note('falsified', `${name} read ${id} in ${room}, which was refused`);
    const places = ledger.acknowledged.get(id);
    if (places && !places.has(seq as never)) {
      findings.note(
        'falsified',
        `${name} read ${id} at ${seq} of ${room}; it was acknowledged at ${[...places].join()}`,
      );
    }
  }
  for (const [id, sent] of ledger.sent) {
    if (sent.room !== room || seen.has(id) || !ledger.acknowledged.has(id)) continue;
    findings.note(
      'lost',
      `${name} did not read ${id} of ${room}, acknowledged at ${[...(ledger.acknowledged.get(id) ?? [])].join()}`,
    );
  }
}

/** All receivers of a room read the same entry at the same place. */
function checkAgreement(readers: readonly Reader[], findings: Findings): void {
  const logs = new Map<RoomId, Map<number, EntryId | null>>();
  for (const { name, room, readings } of readers) {
    const log = logs.get(room) ?? new Map<number, EntryId | null>();
    logs.set(room, log);
    for (const { seq, id } of readings) {
      const other = log.get(seq);
      if (other === undefined) log.set(seq, id);
      else if (other !== id)
        findings.note('falsified', `${name} read ${id} at ${seq} of ${room}, another read ${other}`);
    }
  }
}

/** What the observations come to. Everything but `acknowledged` and `delivered` has to be 0. */
export function check(ledger: Ledger): Verdict {
  const findings = new Findings(ledger.faults);
  for (const [id, places] of ledger.acknowledged) {
    if (places.size > 1) findings.note('doubled', `${id} was acknowledged at ${[...places].join(' and ')}`);
    if (ledger.refused.has(id)) findings.note('falsified', `${id} was acknowledged and refused`);
  }
  for (const id of ledger.sent.keys()) {
    if (!ledger.acknowledged.has(id) && !ledger.refused.has(id)) findings.note('unsettled', `${id} was never answered`);
  }
  for (const reader of ledger.readers) checkReader(ledger, reader, findings);
  checkAgreement(ledger.readers, findings);
  const { delivered, lost, doubled, disordered, falsified, unsettled, faults } = findings;
  const acknowledged = ledger.acknowledged.size;
  return { acknowledged, delivered, lost, doubled, disordered, falsified, unsettled, faults };
}

/** Whether nothing is wrong, and something was tried at all. */
export const holds = (verdict: Verdict): boolean =>
  verdict.faults.length === 0 && verdict.acknowledged > 0 && verdict.delivered > 0;
