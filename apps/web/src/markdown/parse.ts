import type { Token, Tokens } from 'marked';
import { cleanMessage } from '../text/message-text.ts';
import { safeLink } from './links.ts';
import { liteTokens } from './lite-lexer.ts';
import type { Block, Inline } from './nodes.ts';

/** Anything in `text` that could be more than literal text. */
const formatted = /[*_`>[\\]|https?:\/\/|mailto:|^\s{0,3}(?:[-+]|\d{1,9}[.)])\s/im;

const plain = (text: string): readonly Block[] => [{ kind: 'paragraph', children: [{ kind: 'text', text }] }];

/**
 * A message's text as Markdown-lite. Never throws, and takes bounded time for any text up to the limit of a message. What is
 * not bold, italic, code, quote, list or link stays as it was typed.
 */
export function parseMessage(text: string): readonly Block[] {
  const clean = cleanMessage(text)
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  if (!formatted.test(clean)) return plain(clean);
  try {
    const blocks = blocksOf(liteTokens(clean));
    return blocks.length > 0 ? blocks : plain(clean);
  } catch {
    return plain(clean);
  }
}

function blocksOf(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    const block = blockOf(token);
    if (block) blocks.push(block);
  }
  return blocks;
}

function blockOf(token: Token): Block | undefined {
  switch (token.type) {
    case 'space':
      return undefined;
    case 'code':
      return { kind: 'code', text: (token as Tokens.Code).text };
    case 'blockquote':
      return { kind: 'quote', children: blocksOf((token as Tokens.Blockquote).tokens) };
    case 'list': {
      const list = token as Tokens.List;
      const items = list.items.map((item) => itemOf(item));
      return { kind: 'list', start: list.ordered && list.start !== '' ? list.start : null, items };
    }
    case 'paragraph':
    case 'text': {
      const { tokens, text } = token as Tokens.Paragraph;
      return { kind: 'paragraph', children: tokens ? inlinesOf(tokens) : [{ kind: 'text', text }] };
    }
    default:
      return { kind: 'paragraph', children: [{ kind: 'text', text: token.raw }] };
  }
}

/** Task lists are not rendered as such: the box stays as it was typed. */
function itemOf(item: Tokens.ListItem): Block[] {
  const blocks = blocksOf(item.tokens.filter((token) => token.type !== 'checkbox'));
  if (!item.task) return blocks;
  const box: Inline = { kind: 'text', text: item.checked ? '[x] ' : '[ ] ' };
  const [first, ...rest] = blocks;
  if (first?.kind === 'paragraph') return [{ kind: 'paragraph', children: [box, ...first.children] }, ...rest];
  return [{ kind: 'paragraph', children: [box] }, ...blocks];
}

function inlinesOf(tokens: readonly Token[]): Inline[] {
  const inlines: Inline[] = [];
  for (const token of tokens) {
    const inline = inlineOf(token);
    const last = inlines.at(-1);
    if (inline.kind === 'text' && last?.kind === 'text') {
      inlines[inlines.length - 1] = { kind: 'text', text: last.text + inline.text };
    } else {
      inlines.push(inline);
    }
  }
  return inlines;
}

function inlineOf(token: Token): Inline {
  switch (token.type) {
    case 'text':
    case 'escape':
      return { kind: 'text', text: (token as Tokens.Text).text };
    case 'br':
      return { kind: 'text', text: '\n' };
    case 'strong':
    case 'em':
      return { kind: token.type, children: inlinesOf((token as Tokens.Strong).tokens) };
    case 'codespan':
      return { kind: 'code', text: (token as Tokens.Codespan).text };
    case 'link': {
      const { raw, href, text, tokens } = token as Tokens.Link;
      const link = safeLink(href, text);
      return link ? { kind: 'link', ...link, children: inlinesOf(tokens) } : { kind: 'text', text: raw };
    }
    default:
      return { kind: 'text', text: token.raw };
  }
}
