import { tick } from 'svelte';

/** The composer's text box: what stands in it, where the caret is, and how high it has to be. */
export class TextBox {
  text = $state('');
  element = $state<HTMLTextAreaElement>();
  /** Where the caret was when the text box last had it: emoji go there. */
  caret = 0;

  constructor(text: string) {
    this.text = text;
  }

  focus(): void {
    this.element?.focus({ preventScroll: true });
  }

  focusAt(place: number): void {
    this.focus();
    this.element?.setSelectionRange(place, place);
    this.caret = place;
  }

  /** As high as its text; the style sheet sets the limit. */
  grow(): void {
    if (!this.element) return;
    this.element.style.blockSize = 'auto';
    this.element.style.blockSize = `${this.element.scrollHeight}px`;
  }

  /** Put something in the place of a part of the text, and the caret behind it. */
  replace(from: number, to: number, inserted: string): void {
    this.text = this.text.slice(0, from) + inserted + this.text.slice(to);
    void tick().then(() => {
      this.grow();
      this.focusAt(from + inserted.length);
    });
  }

  /** Put something where the caret was, without the focus. */
  insert(inserted: string): void {
    const place = Math.min(this.caret, this.text.length);
    this.text = this.text.slice(0, place) + inserted + this.text.slice(place);
    this.caret = place + inserted.length;
    void tick().then(() => this.grow());
  }
}
