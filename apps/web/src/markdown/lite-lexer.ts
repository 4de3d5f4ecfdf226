import { Lexer, type Token, Tokenizer, type Tokens, type TokensList } from 'marked';

/** Quotes, lists and emphasis within one another; deeper ones are literal text. Bounds recursion. */
const maxDepth = 6;
/** Characters in one run of text that may begin a construct; a run with more is literal. Bounds the quadratic part of the lexer. */
const maxMarkers = 400;

const markers = /[*_`[<\\]/g;
const paragraphLines =
  /^[^\n]+(?:\n(?![ \t]*(?:\n|$)| {0,3}>| {0,3}(?:[*+-]|\d{1,9}[.)])[ \t]| {0,3}(?:`{3,}|~{3,}))[^\n]+)*/;
const textRun = /^(?:`+|[\s\S])[\s\S]*?(?=[\\<[`*_]|!\[|\bhttps?:\/\/|\bmailto:|$)/i;
/** Longer ones are cut: no browser follows them, and each is gone through. */
const address = /^(?:https?:\/\/|mailto:)[^\s<>"\p{Cc}]{1,2048}/iu;
/** Blanks that nobody writes: the lexer's rules go through them again and again. */
const manyBlanks = /([ \t]{200})[ \t]+/g;

/** An address in running text ends before closing punctuation and before a bracket that was not opened in it. */
function trimAddress(match: string): string {
  let end = match.length;
  let unopened = count(match, ')') - count(match, '(');
  for (;;) {
    const last = match[end - 1] ?? '';
    if (last === ')' && unopened > 0) unopened -= 1;
    else if (!/[?!.,:;*_~'"]/.test(last)) return match.slice(0, end);
    end -= 1;
  }
}

const count = (text: string, char: string): number => text.split(char).length - 1;

/**
 * marked's tokenizer reduced to bold, italic, code, quotes, lists and links. What a method here returns `undefined` for is left
 * to the next rule and ends up as literal text: headings, tables, HTML, definitions, rules, indented code, strikethrough.
 */
class LiteTokenizer extends Tokenizer {
  #depth = 0;

  #nested<T>(read: () => T): T | undefined {
    if (this.#depth >= maxDepth) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  override code(): undefined {}
  override heading(): undefined {}
  override lheading(): undefined {}
  override hr(): undefined {}
  override html(): undefined {}
  override def(): undefined {}
  override table(): undefined {}
  override tag(): undefined {}
  override reflink(): undefined {}
  override del(): undefined {}
  override autolink(): undefined {}

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#nested(() => super.blockquote(src));
  }

  override list(src: string): Tokens.List | undefined {
    return this.#nested(() => super.list(src));
  }

  override paragraph(src: string): Tokens.Paragraph | undefined {
    const raw = paragraphLines.exec(src)?.[0];
    if (raw === undefined) return undefined;
    return { type: 'paragraph', raw, text: raw, tokens: this.lexer.inline(raw) };
  }

  override emStrong(src: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return this.#nested(() => super.emStrong(src, masked, before));
  }

  override link(src: string): Tokens.Link | undefined {
    const token = this.#nested(() => super.link(src));
    if (token?.type !== 'image') return token;
    // An image is its source text; `text` is a token type of its own, which the lexer passes on as it is.
    return { type: 'text', raw: token.raw, text: token.raw } as unknown as Tokens.Link;
  }

  override url(src: string): Tokens.Link | undefined {
    const match = address.exec(src)?.[0];
    if (match === undefined) return undefined;
    const raw = trimAddress(match);
    return { type: 'link', raw, text: raw, href: raw, tokens: [{ type: 'text', raw, text: raw }] };
  }

  override inlineText(src: string): Tokens.Text | undefined {
    const raw = textRun.exec(src)?.[0];
    return raw === undefined ? undefined : { type: 'text', raw, text: raw };
  }
}

class LiteLexer extends Lexer {
  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if ((src.match(markers)?.length ?? 0) <= maxMarkers) return super.inlineTokens(src, tokens);
    tokens.push({ type: 'text', raw: src, text: src });
    return tokens;
  }
}

/** marked's tokens of `text`, in bounded depth and time. Throws only if marked itself fails. */
export function liteTokens(text: string): TokensList {
  return new LiteLexer({ gfm: true, breaks: false, tokenizer: new LiteTokenizer() }).lex(
    text.replace(manyBlanks, '$1'),
  );
}
