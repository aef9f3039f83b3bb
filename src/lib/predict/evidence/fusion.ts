import { resizeMap, type ProbabilityMap } from '../../image/probability-map.js';
import type { Fusion } from '../../model/manifest.js';
import { scoreLogit, type ScoreOutput } from '../../model/probability.js';
import type { Reports } from './source.js';

/** What several sources come to. */
export interface Fused {
  output: ScoreOutput;
  map: ProbabilityMap;
}

/** Of a source that gives no map. */
const NOWHERE: ProbabilityMap = { width: 1, height: 1, data: new Float32Array(1) };

/**
 * Joins what sources say. The score is a logistic regression: log-odds = bias + Σ weight · log-odds of the source. A pixel is
 * manipulated unless no source speaks of it: p = 1 − Π (1 − mapWeight · p of the source), at the size of the first map. A source
 * that is sure enough (`aloneFrom`) tells alone where.
 *
 * @param reports - of all sources that the fusion names
 */
export function fuse(reports: Reports, { sources, bias }: Fusion): Fused {
  let value = bias;
  let map: ProbabilityMap | undefined;
  const sure = sources.some((source) => isSure(source, reports));
  for (const source of sources) {
    const { name, weight, mapWeight = 1 } = source;
    const report = reports.get(name)!;
    value += weight * scoreLogit(report.output);
    if (!report.map || mapWeight === 0) continue;
    const counts = !sure || isSure(source, reports);
    // A map that does not count still sets the size.
    if (counts || !map) map = join(map, report.map, counts ? mapWeight : 0);
  }
  return { output: { kind: 'logit', value }, map: map ?? NOWHERE };
}

function isSure({ name, aloneFrom = Infinity }: Fusion['sources'][number], reports: Reports): boolean {
  const { output, map } = reports.get(name)!;
  return map !== undefined && scoreLogit(output) >= aloneFrom;
}

/** What one source says, alone. */
export function alone(reports: Reports, name: string): Fused {
  const { output, map = NOWHERE } = reports.get(name)!;
  return { output, map };
}

/** a + b − ab in float32, so that a pixel of which one map says nothing keeps the other's very digits. */
function join(known: ProbabilityMap | undefined, added: ProbabilityMap, weight: number): ProbabilityMap {
  if (!known) {
    return weight === 1 ? added : { ...added, data: added.data.map((probability) => weight * probability) };
  }
  const { width, height } = known;
  const { data } = resizeMap(added, width, height);
  return {
    width,
    height,
    data: known.data.map((probability, i) => probability + weight * data[i]! * (1 - probability)),
  };
}
