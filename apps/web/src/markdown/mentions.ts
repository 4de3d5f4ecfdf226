import type { AccountId } from '@undertone/protocol';
import { mentionParts } from '../text/mentions.ts';
import type { Block, Inline } from './nodes.ts';

type Accounts = ReadonlyMap<string, AccountId>;

/** `blocks` with every `@username` of `accounts` in running text as a mention. Code and links stay as they are. */
export function withMentions(blocks: readonly Block[], accounts: Accounts): readonly Block[] {
  if (accounts.size === 0) return blocks;
  return blocks.map((block) => inBlock(block, accounts));
}

function inBlock(block: Block, accounts: Accounts): Block {
  switch (block.kind) {
    case 'paragraph':
      return { kind: 'paragraph', children: inInlines(block.children, accounts) };
    case 'quote':
      return { kind: 'quote', children: withMentions(block.children, accounts) };
    case 'list':
      return { ...block, items: block.items.map((item) => withMentions(item, accounts)) };
    case 'code':
      return block;
    default:
      return block satisfies never;
  }
}

function inInlines(inlines: readonly Inline[], accounts: Accounts): readonly Inline[] {
  return inlines.flatMap((inline): readonly Inline[] => {
    if (inline.kind === 'strong' || inline.kind === 'em') {
      return [{ kind: inline.kind, children: inInlines(inline.children, accounts) }];
    }
    if (inline.kind !== 'text') return [inline];
    return mentionParts(inline.text, accounts).map(({ text, account }) =>
      account === null ? { kind: 'text', text } : { kind: 'mention', text, account },
    );
  });
}
