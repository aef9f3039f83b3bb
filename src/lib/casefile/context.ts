import { applyTemperature } from '../core/temperature.js';
import { SOFTWARE } from '../core/version.js';
import { OUTPUT_KINDS, OUTPUTS } from '../image/output-kinds.js';
import type { TestScores } from '../model/manifest.js';
import { SOURCES } from '../predict/evidence/sources.js';
import type { RunFacts } from '../predict/exhibit/keeper.js';
import { comparableScores } from '../predict/scoring.js';
import type { CaseContext } from './schema.js';

/** Where the table of test scores is divided. */
const BINS = [0, 0.2, 0.4, 0.6, 0.8, 1] as const;

/** Settings that the context tells elsewhere, or that no photo depends on. */
const TOLD_ELSEWHERE = ['ofx', 'build', 'model', ...OUTPUT_KINDS.map((kind) => OUTPUTS[kind].flag)];

export function caseContext({
  model,
  card,
  network,
  evidence,
  temperature,
  settings,
}: RunFacts): CaseContext {
  const manifest = model.kind === 'model' ? model.model.manifest : undefined;
  const { description, licence, limits } = manifest ?? {};
  // The test photos were looked at one way.
  const scores = settings['mirror'] === true ? undefined : comparableScores(network, evidence);
  return {
    software: SOFTWARE,
    model: {
      ...network.identity,
      ...(description !== undefined && { description }),
      ...(licence !== undefined && { licence }),
      ...(limits && { limits }),
      ...(card !== undefined && { card }),
    },
    evidence: evidence.sources.map((name) => ({
      name,
      title: SOURCES[name]?.title ?? name,
      decides: evidence.deciding.includes(name),
    })),
    settings: Object.fromEntries(
      Object.entries(settings).flatMap(([name, value]) =>
        value === null || TOLD_ELSEWHERE.includes(name) ? [] : [[name, value]],
      ),
    ),
    ...(scores && {
      tests: {
        data: scores.data,
        ...(network.testData !== undefined && { about: network.testData }),
        scores: binned(scores, temperature),
      },
    }),
  };
}

function binned({ tampered, authentic }: TestScores, temperature: number) {
  const shown = (score: number): number =>
    score <= 0 || score >= 1 ? score : applyTemperature(score, temperature);
  return BINS.slice(0, -1).map((from, i) => {
    const to = BINS[i + 1]!;
    const count = (scores: readonly number[]): number =>
      scores.map(shown).filter((score) => score >= from && (score < to || to === 1)).length;
    return { from, to, manipulated: count(tampered), others: count(authentic) };
  });
}
