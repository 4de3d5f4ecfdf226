import type { CoreError } from '../view/core.ts';
import type { TransferView } from '../view/files.ts';
import { TransferMeter } from './transfer-meter.ts';

/** Views are told of progress at most so often. */
const tellEveryMs = 250;

/** One file on its way, as it is shown. */
export class Transfer {
  readonly #board: TransferBoard;
  readonly #meter = new TransferMeter();
  #view: TransferView;
  #held = false;

  constructor(board: TransferBoard, view: TransferView) {
    this.#board = board;
    this.#view = view;
  }

  get view(): TransferView {
    return this.#view;
  }

  /** Whether it may be begun (again) now. */
  get isWaiting(): boolean {
    return this.#view.state === 'waiting' && !this.#held;
  }

  #set(change: Partial<TransferView>): void {
    this.#view = { ...this.#view, ...change };
    this.#board.changed(this);
  }

  start(state: 'preparing' | 'running'): void {
    this.#held = false;
    this.#meter.stopped();
    this.#set({ state, failure: null, bytesPerSecond: null });
  }

  moved(doneBytes: number): void {
    const now = Date.now();
    this.#meter.moved(doneBytes, now);
    this.#set({ state: 'running', doneBytes, bytesPerSecond: this.#meter.bytesPerSecond(now) });
  }

  wait(): void {
    this.#set({ state: 'waiting', bytesPerSecond: null, failure: null });
  }

  /** Not to be begun before `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  fail(failure: CoreError): void {
    this.#set({ state: 'failed', bytesPerSecond: null, failure: failure.message });
  }

  end(): void {
    this.#board.ended(this);
  }
}

/** All that is on its way, told together. */
export class TransferBoard {
  readonly #tell: (changed: readonly TransferView[], ended: readonly string[]) => void;
  readonly #transfers = new Set<Transfer>();
  readonly #changed = new Set<Transfer>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toldAt = 0;

  constructor(tell: (changed: readonly TransferView[], ended: readonly string[]) => void) {
    this.#tell = tell;
  }

  add(start: Pick<TransferView, 'id' | 'room' | 'direction' | 'totalBytes'>): Transfer {
    const view: TransferView = { ...start, state: 'waiting', doneBytes: 0, bytesPerSecond: null, failure: null };
    const transfer = new Transfer(this, view);
    this.#transfers.add(transfer);
    this.changed(transfer);
    return transfer;
  }

  views(): TransferView[] {
    return [...this.#transfers].map(({ view }) => view);
  }

  changed(transfer: Transfer): void {
    if (!this.#transfers.has(transfer)) return;
    this.#changed.add(transfer);
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#toldAt + tellEveryMs - Date.now()));
  }

  ended(transfer: Transfer): void {
    if (!this.#transfers.delete(transfer)) return;
    this.#changed.delete(transfer);
    this.#tell([], [transfer.view.id]);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#transfers.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    this.#toldAt = Date.now();
    const views = [...this.#changed].map(({ view }) => view);
    this.#changed.clear();
    if (views.length > 0) this.#tell(views, []);
  }
}
