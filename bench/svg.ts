export function svgText(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly fontPx: number;
  /** Rules of its own, and those that differ on a dark ground; `.title` and `.grid` are there. */
  readonly style: readonly string[];
  readonly darkStyle: readonly string[];
  readonly parts: readonly string[];
}

/** A picture without a background, legible on a light and on a dark one. */
export function svg({ width, height, label, fontPx, style, darkStyle, parts }: Picture): string {
  const rules = [
    `text{font:${fontPx}px system-ui,sans-serif;fill:#333}`,
    '.title{font-weight:600}',
    '.grid{stroke:#8886}',
    ...style,
    `@media (prefers-color-scheme:dark){text{fill:#ddd}${darkStyle.join('')}}`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    `<style>${rules.join('')}</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
