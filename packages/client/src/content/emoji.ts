// Made at run time: the flag is newer than the language that this is compiled to.
const unicodeSets = 'v';
const oneEmoji = new RegExp(
  '^(?:\\p{RGI_Emoji}|\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\\ufe0f?)$',
  unicodeSets,
);

/** Whether a text is just one emoji, as reactions have to be (SPEC C8). */
export const isOneEmoji = (text: string): boolean => oneEmoji.test(text);
