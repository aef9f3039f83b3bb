import { TAMPERED } from '../core/label.js';
import type { Findings } from './finding.js';
import { nameBelow, resolveListed } from './listed-path.js';
import { readCategory } from './category.js';
import { readLabel } from './label-words.js';
import type { Sample } from './sample.js';

/** What lists write where an image has no ground truth. */
const NO_MASK = new Set(['', 'none', 'null', 'nan', 'negative', '-']);

/**
 * The samples of a split file: a line each, `image<TAB>mask<TAB>label`, and perhaps `<TAB>category`, paths relative to the root,
 * labels as numbers or words, the mask unused for authentic samples. CRLF, a heading and blank lines are accepted; what cannot be
 * understood becomes a finding. Where a heading names further columns, the category is the one that is called so.
 */
export function parseSplitFile(text: string, root: string, findings: Findings): Sample[] {
  const samples: Sample[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  let categoryColumn = CATEGORY_COLUMN;
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `line ${index + 1}`;
    const columns = splitColumns(line, where, findings);
    if (columns && isHeading(columns, index)) categoryColumn = headedCategory(columns);
    else if (columns) {
      const sample = toSample(columns, columns.all[categoryColumn], root, where, findings);
      if (sample) samples.push(sample);
    }
  });
  return samples;
}

interface Columns {
  image: string;
  mask: string;
  label: string;
  all: readonly string[];
}

/** Where the category stands, unless a heading says otherwise. */
const CATEGORY_COLUMN = 3;

function splitColumns(line: string, where: string, findings: Findings): Columns | null {
  const byTab = line.split('\t').map((column) => column.trim());
  const columns = byTab.length > 1 ? byTab : line.trim().split(/\s+/);
  const [image, mask, label] = columns;
  const complete = columns.length === 3 || (columns.length > 3 && byTab.length > 1);
  if (!image || mask === undefined || !label || !complete) {
    findings.add('bad-line', `${where}: ${cutLine(line)}`);
    return null;
  }
  if (byTab.length === 1) findings.add('space-separated', where);
  return { image, mask, label, all: columns };
}

function isHeading({ image, label }: Columns, index: number): boolean {
  return index === 0 && /^(image|img|path|file)/i.test(image) && /^(label|class)$/i.test(label);
}

/** A heading with columns of other names, and none that is a category, means that there are no categories. */
function headedCategory({ all }: Columns): number {
  const named = all.findIndex((name) => /^(category|kind|manipulation)$/i.test(name));
  return named === -1 ? all.length : named;
}

function toSample(
  columns: Columns,
  category: string | undefined,
  root: string,
  where: string,
  findings: Findings,
): Sample | null {
  const image = resolveListed(root, columns.image, where, findings);
  const label = readLabel(columns.label);
  if (label === null) {
    findings.add('odd-label', `${where}: ${cutLine(columns.label)}`);
    return null;
  }
  const hasMask = label === TAMPERED && !NO_MASK.has(columns.mask.toLowerCase());
  const mask = hasMask ? resolveListed(root, columns.mask, where, findings) : null;
  if (image === null || (hasMask && mask === null)) return null;
  return { name: nameBelow(root, image), image, mask, label, category: readCategory(category) };
}

function cutLine(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
