import type { Block, Inline } from './nodes.ts';
import { parseMessage } from './parse.ts';

/** What `text` says without its marks, for one line in a quote. */
export function plainText(text: string): string {
  return ofBlocks(parseMessage(text));
}

const ofBlocks = (blocks: readonly Block[]): string => blocks.map(ofBlock).join(' ');

function ofBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return ofInlines(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return ofBlocks(block.children);
    case 'list':
      return block.items.map(ofBlocks).join(' ');
    default:
      return block satisfies never;
  }
}

const ofInlines = (inlines: readonly Inline[]): string =>
  inlines.map((inline) => ('children' in inline ? ofInlines(inline.children) : inline.text)).join('');
