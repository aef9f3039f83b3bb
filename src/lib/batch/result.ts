import { Type, type Static } from '@sinclair/typebox';
import { Count } from '../core/schema.js';
import { SkippedSchema } from '../predict/result.js';

const Counts = Type.Record(Type.String(), Count);
const head = { schemaVersion: Type.Literal(1), ofx: Type.String() };

const planFields = {
  run: Type.String({ description: 'Folder or URL of the run' }),
  runKey: Type.String(),
  images: Count,
  shards: Count,
  duplicates: Type.Integer({
    minimum: 0,
    description: 'Inputs that were named before, and are looked at once',
  }),
  skipped: Type.Optional(SkippedSchema),
  existed: Type.Boolean({ description: 'The same run was planned before' }),
};
export const BatchPlanSchema = Type.Object(
  { ...head, ...planFields },
  { $id: 'batch-plan', title: 'Result of ofx batch plan --json' },
);

const workFields = {
  run: Type.String(),
  shards: Type.Object({
    published: Count,
    already: Type.Integer({ minimum: 0, description: 'Published by another worker first' }),
  }),
  images: Count,
  errors: Type.Record(Type.String(), Count, { description: 'Images that could not be scored, by code' }),
  seconds: Type.Number({ minimum: 0 }),
  missing: Type.Integer({ minimum: 0, description: 'Shards of the run that have no part yet' }),
};
export const BatchWorkSchema = Type.Object(
  { ...head, ...workFields },
  { $id: 'batch-work', title: 'Result of ofx batch work --json' },
);

const submitFields = {
  run: Type.String(),
  queue: Type.String({ description: 'Its name on the server; of this run alone' }),
  waitingList: Type.Union([Type.String(), Type.Null()], {
    description: 'On Redis, the list whose length says how many shards wait: what KEDA scales by',
  }),
  added: Type.Integer({ minimum: 0, description: 'Shards that were put into the queue' }),
  known: Type.Integer({ minimum: 0, description: 'Shards that were in it already' }),
  finished: Type.Integer({ minimum: 0, description: 'Shards that have a part' }),
};
export const BatchSubmitSchema = Type.Object(
  { ...head, ...submitFields },
  { $id: 'batch-submit', title: 'Result of ofx batch submit --json' },
);

const summaryFields = {
  run: Type.String(),
  runKey: Type.String(),
  images: Count,
  shards: Count,
  verdicts: Counts,
  failed: Count,
  errors: Type.Record(Type.String(), Count, { description: 'Failed images by code' }),
  hosts: Type.Record(Type.String(), Count, { description: 'Shards by host' }),
  processors: Type.Record(Type.String(), Count, {
    description: 'Shards by type of processor: last digits may differ between types',
  }),
  startedAt: Type.String(),
  finishedAt: Type.String(),
};
export const BatchSummarySchema = Type.Object(
  { ...head, ...summaryFields },
  { $id: 'batch-summary', title: 'summary.json of a batch run' },
);

const collectFields = {
  ...summaryFields,
  output: Type.String({ description: 'The file with all rows' }),
  retry: Type.Optional(
    Type.Object(
      { run: Type.String(), images: Count },
      { description: 'Of --retry-failed: the run that was planned; with no image, none was' },
    ),
  ),
};
export const BatchCollectSchema = Type.Object(
  { ...head, ...collectFields },
  { $id: 'batch-collect', title: 'Result of ofx batch collect --json and ofx batch run --json' },
);

const statusFields = {
  run: Type.String(),
  images: Count,
  imagesDone: Count,
  shards: Count,
  shardsDone: Count,
  verdicts: Counts,
  errors: Counts,
  imagesPerSecond: Type.Union([Type.Number(), Type.Null()], {
    description: 'By the parts of the last ten minutes; null where there are too few',
  }),
  secondsLeft: Type.Union(
    [Type.Object({ low: Type.Number(), expected: Type.Number(), high: Type.Number() }), Type.Null()],
    { description: 'Null where nothing moves' },
  ),
  lastPublishedAt: Type.Union([Type.String(), Type.Null()]),
  active: Type.Integer({
    minimum: 0,
    description:
      'Shards that workers have; those of workers that were killed count until they are taken again',
  }),
  oldestActive: Type.Union(
    [Type.Object({ shard: Count, host: Type.String(), seconds: Type.Number({ minimum: 0 }) }), Type.Null()],
    { description: 'The shard that a worker has had the longest' },
  ),
  workers: Type.Record(Type.String(), Count, { description: 'Shards that workers have, by host' }),
  queue: Type.Union(
    [Type.Object({ waiting: Count, active: Count, delayed: Count, failed: Count }), Type.Null()],
    { description: 'Shards in the queue; null where none was asked' },
  ),
};
export const BatchStatusSchema = Type.Object(
  { ...head, ...statusFields },
  { $id: 'batch-status', title: 'Result of ofx batch status --json' },
);

export type BatchPlan = Static<ReturnType<typeof Type.Object<typeof planFields>>>;
export type BatchWork = Static<ReturnType<typeof Type.Object<typeof workFields>>>;
export type BatchSubmit = Static<ReturnType<typeof Type.Object<typeof submitFields>>>;
export type BatchSummary = Static<ReturnType<typeof Type.Object<typeof summaryFields>>>;
export type BatchCollect = Static<ReturnType<typeof Type.Object<typeof collectFields>>>;
export type BatchStatus = Static<ReturnType<typeof Type.Object<typeof statusFields>>>;
