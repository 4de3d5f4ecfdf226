import type { MessageRow } from '@undertone/client/view';

interface Deps {
  /** The message of a row's key, if it is one. */
  readonly messageOf: (key: string) => MessageRow | undefined;
  /** The key of the message before (-1) or after (1) `key`; of the newest one that is in view for null. */
  readonly neighbour: (key: string | null, step: -1 | 1) => string | undefined;
  /** Scroll to the row, and give it the focus. */
  readonly focusRow: (key: string) => void;
  /** To the first row that is loaded, or to the newest. */
  readonly toEdge: (edge: 'start' | 'end') => void;
  readonly point: (key: string | null, by: 'pointer' | 'keyboard') => void;
  readonly menu: (row: MessageRow, anchor: HTMLElement) => void;
  /** Typing goes on in the composer. */
  readonly compose: () => void;
}

const longPressMs = 450;
/** A finger that moves further scrolls. */
const slackPx = 10;

const articleOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('article[data-key]') : null;

/**
 * Pointer, touch and keyboard over the list of messages, listened to once for all of them: a row costs nothing for it. The arrow keys go
 * from message to message, Enter opens what can be done with one, a long press does so on touch screens.
 */
export class LogGestures {
  readonly #deps: Deps;
  #press: { readonly timer: ReturnType<typeof setTimeout>; readonly x: number; readonly y: number } | undefined;
  #at = { x: -1, y: -1 };
  #pressed = false;
  #touching = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Listen on `log`; returns the function that ends it. */
  attach(log: HTMLElement): () => void {
    const gone = new AbortController();
    const { signal } = gone;
    const on = <K extends keyof HTMLElementEventMap>(type: K, heard: (event: HTMLElementEventMap[K]) => void) =>
      log.addEventListener(type, heard, { signal });
    on('pointermove', (event) => this.#moved(event));
    on('pointerleave', () => this.#left());
    on('pointerdown', (event) => this.#down(event));
    on('pointerup', () => this.#release());
    on('pointercancel', () => this.#release());
    // The finger that pressed long lifts over what has opened: that is no tap on it.
    const lifted = (event: TouchEvent) => {
      if (this.#pressed) event.preventDefault();
    };
    log.addEventListener('touchend', lifted, { signal, passive: false });
    on('contextmenu', (event) => {
      if (this.#touching && articleOf(event.target)) event.preventDefault();
    });
    log.addEventListener('click', (event) => this.#clicked(event), { signal, capture: true });
    // Focus also moves while rows are taken out of the page: what follows from it waits until that is done.
    const focused = () => queueMicrotask(() => this.#focused(log));
    on('focusin', focused);
    on('focusout', focused);
    on('keydown', (event) => this.#key(event, log));
    return () => {
      gone.abort();
      this.#release();
    };
  }

  #focused(log: HTMLElement): void {
    const focus = document.activeElement;
    const shown = focus !== null && log.contains(focus) && focus.matches(':focus-visible');
    this.#deps.point(shown ? (articleOf(focus)?.dataset.key ?? null) : null, 'keyboard');
  }

  #moved(event: PointerEvent): void {
    const press = this.#press;
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > slackPx) this.#release();
    // The browser also says that the pointer moved when rows moved under it.
    const still = event.clientX === this.#at.x && event.clientY === this.#at.y;
    this.#at = { x: event.clientX, y: event.clientY };
    if (event.pointerType === 'mouse' && !still)
      this.#deps.point(articleOf(event.target)?.dataset.key ?? null, 'pointer');
  }

  /** Coming back to the very place is a move, too. */
  #left(): void {
    this.#at = { x: -1, y: -1 };
    this.#deps.point(null, 'pointer');
  }

  #down(event: PointerEvent): void {
    this.#release();
    this.#pressed = false;
    this.#touching = event.pointerType !== 'mouse';
    const article = articleOf(event.target);
    // A link has a menu of its own.
    if (!this.#touching || !article || (event.target as Element).closest('a, video, audio')) return;
    const timer = setTimeout(() => {
      this.#release();
      const row = this.#deps.messageOf(article.dataset.key ?? '');
      if (!row) return;
      this.#pressed = true;
      navigator.vibrate?.(10);
      this.#deps.menu(row, article);
    }, longPressMs);
    this.#press = { timer, x: event.clientX, y: event.clientY };
  }

  #release(): void {
    clearTimeout(this.#press?.timer);
    this.#press = undefined;
  }

  /** The click at the end of a long press is not one. */
  #clicked(event: MouseEvent): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    event.preventDefault();
    event.stopPropagation();
  }

  #key(event: KeyboardEvent, log: HTMLElement): void {
    if (event.defaultPrevented || event.isComposing) return;
    const article = articleOf(event.target);
    const onRow = article !== null && event.target === article;
    if (!onRow && event.target !== log) {
      // From what is in a row, Escape leads back to the row.
      if (event.key === 'Escape' && article) {
        event.preventDefault();
        article.focus();
      }
      return;
    }
    const key = onRow ? (article.dataset.key ?? '') : null;
    const row = key === null ? undefined : this.#deps.messageOf(key);
    switch (event.key) {
      case 'ArrowUp':
      case 'ArrowDown': {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const next = this.#deps.neighbour(key, event.key === 'ArrowUp' ? -1 : 1);
        event.preventDefault();
        if (next !== undefined) this.#deps.focusRow(next);
        return;
      }
      case 'Home':
      case 'End':
        // The browser would go where the edge is thought to be; rows get their true heights as they are drawn.
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
        event.preventDefault();
        this.#deps.toEdge(event.key === 'Home' ? 'start' : 'end');
        return;
      case 'Enter':
      case 'ContextMenu':
        if (row && article) {
          event.preventDefault();
          this.#deps.menu(row, article);
        }
        return;
      case 'F10':
        if (event.shiftKey && row && article) {
          event.preventDefault();
          this.#deps.menu(row, article);
        }
        return;
      case 'Escape':
        event.preventDefault();
        this.#deps.compose();
        return;
      default: {
        const typed = event.key.length === 1 && event.key !== ' ';
        // The character lands in the text box: the focus is there before it is typed.
        if (typed && !event.ctrlKey && !event.metaKey && !event.altKey) this.#deps.compose();
      }
    }
  }
}
