import { RunAccumulator, type MetricSettings, type RunMetrics } from '../metrics/run-metrics.js';
import { AUTHENTIC, TAMPERED } from '../core/label.js';
import { resampleKey } from '../metrics/random.js';
import { counted } from '../text/plural.js';
import type { ImageRow } from '../run/rows.js';
import type { SampleRecord } from '../run/sample-record.js';

/** A category and its numbers. */
export interface CategoryMetrics {
  name: string;
  /** Images of the category that were scored. */
  tampered: number;
  authentic: number;
  /** Authentic images of no such category, which stand in where it has none of its own. */
  borrowed: number;
  failed: number;
  metrics: RunMetrics['metrics'];
}

/** More kinds of images than this are names of something else, e.g. a folder an image. */
const MOST_CATEGORIES = 64;

/** Each sum takes some tens of megabytes, so records are read again for every so many categories. */
const AT_A_TIME = 6;

/**
 * All metrics of each category: of its own images, and where none of them is authentic, of the authentic images that belong to
 * no category with tampered ones. Without those, no number that compares classes could be given.
 *
 * @param records reads all records of the run, from the first on
 * @returns nothing where the data set names no categories, or one for all of its images
 */
export async function measureCategories(
  rows: readonly ImageRow[],
  records: () => AsyncIterable<SampleRecord>,
  settings: MetricSettings,
): Promise<{ categories: CategoryMetrics[]; warning?: string }> {
  const members = membersOf(rows);
  if (members.length === 0 || (members.length === 1 && rows.every(({ category }) => category !== null)))
    return { categories: [] };
  if (members.length > MOST_CATEGORIES) {
    return {
      categories: [],
      warning:
        `The data set names ${counted(members.length, 'category', 'categories')}; numbers by category are given for up to ` +
        `${MOST_CATEGORIES}. The column "category" of metrics.csv has them all.`,
    };
  }
  const categories: CategoryMetrics[] = [];
  for (let at = 0; at < members.length; at += AT_A_TIME) {
    const group = members.slice(at, at + AT_A_TIME).map((member) => ({
      member,
      accumulator: new RunAccumulator(settings),
    }));
    for await (const record of records()) {
      for (const { member, accumulator } of group) {
        if (record.kind === 'failed') {
          if (record.category === member.name) accumulator.addFailed();
        } else if (isCounted(record, member)) {
          accumulator.add(record.evidence, resampleKey(record.evidence.image, record.imageSha256));
        }
      }
    }
    for (const { member, accumulator } of group) {
      const { name, tampered, authentic, failed, lenders } = member;
      const { metrics } = accumulator.result();
      const borrowed = lenders ? metrics['counts.authentic'].value! : 0;
      categories.push({ name, tampered, authentic, borrowed, failed, metrics });
    }
  }
  return { categories };
}

interface Member {
  name: string;
  tampered: number;
  authentic: number;
  failed: number;
  /** Categories whose authentic images stand in, null for images of none; undefined where it has its own or needs none. */
  lenders: ReadonlySet<string | null> | undefined;
}

function membersOf(rows: readonly ImageRow[]): Member[] {
  const counts = new Map<string, { tampered: number; authentic: number; failed: number }>();
  for (const { category, label, error } of rows) {
    if (category === null) continue;
    const count = counts.get(category) ?? { tampered: 0, authentic: 0, failed: 0 };
    counts.set(category, count);
    if (error !== null) count.failed++;
    else count[label === TAMPERED ? 'tampered' : 'authentic']++;
  }
  const lenders = new Set<string | null>([null]);
  for (const [name, { tampered }] of counts) if (tampered === 0) lenders.add(name);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => ({
      name,
      ...count,
      lenders: count.tampered > 0 && count.authentic === 0 ? lenders : undefined,
    }));
}

function isCounted({ category, evidence }: SampleRecord & { kind: 'scored' }, member: Member): boolean {
  if (category === member.name) return true;
  return evidence.label === AUTHENTIC && member.lenders?.has(category) === true;
}
