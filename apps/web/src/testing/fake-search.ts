import type { MessageRow, SearchCoverage, SearchHit, SearchPage, SearchQuery } from '@undertone/client/view';
import type { World } from './world.ts';

const month = 30 * 24 * 3_600_000;
const words = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Search over the fake world. What is older than the coverage is found after `further`. */
export class FakeSearch {
  readonly #world: World;
  #since = Date.now() - month;

  constructor(world: World) {
    this.#world = world;
  }

  search(query: SearchQuery): SearchPage {
    const hits: SearchHit[] = [];
    for (const { view, rows } of this.#world.rooms.values()) {
      if (query.room !== undefined && query.room !== view.id) continue;
      for (const row of rows) {
        if (row.kind !== 'message' || row.at < this.#since || !fits(row, query)) continue;
        const terms = found(row, query.text);
        if (terms) hits.push({ room: view.id, row, terms });
      }
    }
    hits.sort((a, b) => b.row.at - a.row.at);
    return { hits: hits.slice(0, query.limit), total: hits.length, coverage: this.#coverage() };
  }

  further(): SearchCoverage {
    this.#since -= 6 * month;
    return this.#coverage();
  }

  #coverage(): SearchCoverage {
    const all = [...this.#world.rooms.values()];
    return { since: this.#since, complete: all.every(({ rows }) => (rows[0]?.at ?? this.#since) >= this.#since) };
  }
}

function fits(row: MessageRow, { account, hasFile, from, to }: SearchQuery): boolean {
  if (row.deleted) return false;
  if (account !== undefined && row.account !== account) return false;
  if (hasFile === true && row.file === null) return false;
  return row.at >= (from ?? 0) && row.at < (to ?? Number.POSITIVE_INFINITY);
}

/** The words of `row` that answer `text`, as they stand there; undefined where one of the words is missing. */
function found(row: MessageRow, text: string): readonly string[] | undefined {
  const wanted = words(text);
  const place = `${row.text} ${row.file?.name ?? ''}`;
  const there = place.match(/[\p{L}\p{N}]+/gu) ?? [];
  const terms = new Set<string>();
  for (const [i, word] of wanted.entries()) {
    const last = i === wanted.length - 1;
    const hits = there.filter((one) => (last ? one.toLowerCase().startsWith(word) : one.toLowerCase() === word));
    if (hits.length === 0) return undefined;
    for (const hit of hits) terms.add(hit);
  }
  return [...terms];
}
