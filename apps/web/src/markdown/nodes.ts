import type { AccountId } from '@undertone/protocol';

/** Markdown-lite as a tree of our own: all that the components render. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'strong' | 'em'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  /** `@username` of someone who is mentioned, as it was typed. */
  | { readonly kind: 'mention'; readonly text: string; readonly account: AccountId }
  | {
      readonly kind: 'link';
      readonly href: string;
      /** Where it leads, where the label does not say just that: shown beside it, so that nobody clicks blindly. */
      readonly target: string | null;
      readonly children: readonly Inline[];
    };

export type Block =
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly (readonly Block[])[] };
