import type { Findings } from './finding.js';
import { nameBelow, resolveListed } from './listed-path.js';
import { AUTHENTIC, TAMPERED, type Sample } from './sample.js';

/** What lists write where an image has no ground truth. */
const NO_MASK = new Set(['', 'none', 'null', 'nan', 'negative', '-']);

/**
 * The samples of a split file: a line each, `image<TAB>mask<TAB>label`, paths relative to the root, label 0 authentic and
 * anything else tampered, the mask unused for authentic samples. A byte-order mark, CRLF, a heading and blank lines are
 * accepted; what cannot be understood becomes a finding.
 */
export function parseSplitFile(text: string, root: string, findings: Findings): Sample[] {
  const samples: Sample[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `line ${index + 1}`;
    const columns = splitColumns(line, where, findings);
    if (columns && !isHeading(columns, index)) {
      const sample = toSample(columns, root, where, findings);
      if (sample) samples.push(sample);
    }
  });
  return samples;
}

interface Columns {
  image: string;
  mask: string;
  label: string;
}

function splitColumns(line: string, where: string, findings: Findings): Columns | null {
  const byTab = line.split('\t').map((column) => column.trim());
  const columns = byTab.length > 1 ? byTab : line.trim().split(/\s+/);
  const [image, mask, label] = columns;
  const complete = columns.length === 3 || (columns.length > 3 && byTab.length > 1);
  if (!image || mask === undefined || !label || !complete) {
    findings.add('bad-line', `${where}: ${shortened(line)}`);
    return null;
  }
  if (byTab.length === 1) findings.add('space-separated', where);
  return { image, mask, label };
}

function isHeading({ image, label }: Columns, index: number): boolean {
  return index === 0 && /^(image|img|path|file)/i.test(image) && /^(label|class)$/i.test(label);
}

function toSample(columns: Columns, root: string, where: string, findings: Findings): Sample | null {
  const image = resolveListed(root, columns.image, where, findings);
  const label = Number(columns.label) === 0 ? AUTHENTIC : TAMPERED;
  const hasMask = label === TAMPERED && !NO_MASK.has(columns.mask.toLowerCase());
  const mask = hasMask ? resolveListed(root, columns.mask, where, findings) : null;
  if (image === null || (hasMask && mask === null)) return null;
  if (Number.isNaN(Number(columns.label))) findings.add('odd-label', `${where}: ${columns.label}`);
  return { name: nameBelow(root, image), image, mask, label };
}

function shortened(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
