/** One bar, with the span of its measurements. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Whether it is a reference. */
  readonly reference: boolean;
}

const WIDTH = 850;
/** Room for the longest name of a reference, some 50 letters. */
const LABELS = 370;
const FIGURES = 90;
const ROW = 26;
const BAR = 14;
const TOP = 34;
const COLOURS = { ours: '#2563a8', reference: '#9aa4b0', span: '#1b1f24' } as const;

/** A chart of horizontal bars as SVG; readable on light and dark pages. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const height = TOP + bars.length * ROW + 12;
  const largest = Math.max(...bars.map(({ max }) => max));
  const scale = (WIDTH - LABELS - FIGURES) / (largest > 0 ? largest : 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="20" font-size="14" font-weight="bold">${escapeXml(title)} (${escapeXml(unit)})</text>`,
    ...bars.flatMap((bar, i) => drawBar(bar, TOP + i * ROW, scale)),
    '</svg>',
    '',
  ].join('\n');
}

function drawBar({ label, value, min, max, reference }: Bar, y: number, scale: number): string[] {
  const middle = y + BAR / 2;
  const width = value * scale;
  const colour = reference ? COLOURS.reference : COLOURS.ours;
  const [from, to] = [LABELS + min * scale, LABELS + max * scale].map(coordinate);
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(label)}</text>`,
    `<rect x="${LABELS}" y="${y}" width="${coordinate(width)}" height="${BAR}" fill="${colour}"/>`,
    `<path d="M${from} ${middle}H${to}" stroke="${COLOURS.span}" stroke-width="1.5"/>`,
    `<text x="${coordinate(LABELS + Math.max(width, max * scale) + 6)}" y="${middle + 4}">${value}</text>`,
  ];
}

function coordinate(value: number): string {
  return value.toFixed(1);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
