import type { TSchema } from '@sinclair/typebox';
import { BenchDocumentSchema } from '../src/lib/bench/result.js';
import { ConvertDocumentSchema } from '../src/lib/jobs/convert-result.js';
import {
  ModelsInstallSchema,
  ModelsListSchema,
  ModelsShowSchema,
  ModelsVerifySchema,
} from '../src/lib/jobs/models-result.js';
import { PredictDocumentSchema } from '../src/lib/jobs/predict-result.js';
import { EvidenceHeaderSchema } from '../src/lib/jobs/evidence-file.js';
import { DatasetCheckSchema } from '../src/lib/jobs/dataset-check-result.js';
import { DoctorDocumentSchema } from '../src/lib/jobs/doctor.js';
import { ManifestSchema } from '../src/lib/model/manifest.js';
import { CompareDocumentSchema } from '../src/lib/report/comparison.js';
import { RobustnessRowSchema } from '../src/lib/report/robustness.js';
import { ImageRowSchema } from '../src/lib/report/image-row.js';
import { SweepRowSchema } from '../src/lib/report/run-files.js';
import { RunSummarySchema, ValidateDocumentSchema } from '../src/lib/report/run-summary.js';
import { ServeDocumentSchema } from '../src/lib/serve/schemas.js';

/** Every `--json` result and every file that ofx writes; the name is the schema's `$id`. */
export const SCHEMAS: readonly TSchema[] = [
  BenchDocumentSchema,
  ManifestSchema,
  PredictDocumentSchema,
  ConvertDocumentSchema,
  ModelsListSchema,
  ModelsShowSchema,
  ModelsVerifySchema,
  ModelsInstallSchema,
  DoctorDocumentSchema,
  ValidateDocumentSchema,
  RunSummarySchema,
  ImageRowSchema,
  SweepRowSchema,
  DatasetCheckSchema,
  ServeDocumentSchema,
  EvidenceHeaderSchema,
  CompareDocumentSchema,
  RobustnessRowSchema,
];

/** The text of a schema's file in `schemas/`. */
export function schemaText(schema: TSchema): string {
  const document = { $schema: 'http://json-schema.org/draft-07/schema#', ...schema };
  return `${JSON.stringify(document, null, 2)}\n`;
}
