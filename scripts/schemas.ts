import type { TSchema } from '@sinclair/typebox';
import {
  BatchCollectSchema,
  BatchPlanSchema,
  BatchStatusSchema,
  BatchSummarySchema,
  BatchSubmitSchema,
  BatchWorkSchema,
} from '../src/lib/batch/result.js';
import { RowSchema } from '../src/lib/batch/row.js';
import { RunFileSchema } from '../src/lib/batch/run.js';
import { CaseFileSchema } from '../src/lib/casefile/schema.js';
import { BenchDocumentSchema, SummarySchema } from '../src/lib/bench/result.js';
import { ConvertDocumentSchema, ParityFileSchema } from '../src/lib/convert/result.js';
import {
  ModelsExportSchema,
  ModelsInstallSchema,
  ModelsResetSchema,
  ModelsListSchema,
  ModelsShowSchema,
  ModelsVerifySchema,
} from '../src/lib/models/result.js';
import { PredictDocumentSchema } from '../src/lib/predict/result.js';
import { EvidenceHeaderSchema } from '../src/lib/run/evidence.js';
import { DatasetCheckSchema } from '../src/lib/dataset/check-result.js';
import { DoctorDocumentSchema } from '../src/lib/models/doctor.js';
import { ManifestSchema } from '../src/lib/model/manifest.js';
import { CompareDocumentSchema, DifferenceSchema } from '../src/lib/run/comparison.js';
import { RobustnessRowSchema } from '../src/lib/run/robustness.js';
import { ImageRowSchema } from '../src/lib/run/rows.js';
import { ThresholdsFileSchema } from '../src/lib/model/thresholds-file.js';
import { HistorySchema } from '../src/lib/validate/history.js';
import { SuiteSchema } from '../src/lib/run/suite.js';
import { VariantsSchema } from '../src/lib/run/variants.js';
import { SuiteFileSchema } from '../src/lib/validate/suite-list.js';
import { MapManifestSchema } from '../src/lib/run/maps.js';
import { NumberRowSchema, SweepRowSchema } from '../src/lib/run/files.js';
import {
  CalibrationSchema,
  ChartFilesSchema,
  EstimateSchema,
  RunSummarySchema,
  ValidateDocumentSchema,
} from '../src/lib/run/summary.js';
import { GateSchema } from '../src/lib/gates/gate.js';
import { ServeDocumentSchema } from '../src/lib/serve/schemas.js';
import { withDefinitions } from './shared-definitions.js';

/** Every `--json` result and every file that ofx writes; the name is the schema's `$id`. */
export const SCHEMAS: readonly TSchema[] = [
  BatchCollectSchema,
  BatchPlanSchema,
  RowSchema,
  RunFileSchema,
  BatchStatusSchema,
  BatchSummarySchema,
  BatchSubmitSchema,
  BatchWorkSchema,
  BenchDocumentSchema,
  ManifestSchema,
  PredictDocumentSchema,
  CaseFileSchema,
  ConvertDocumentSchema,
  ParityFileSchema,
  ModelsListSchema,
  ModelsShowSchema,
  ModelsVerifySchema,
  ModelsExportSchema,
  ModelsInstallSchema,
  ModelsResetSchema,
  DoctorDocumentSchema,
  ValidateDocumentSchema,
  RunSummarySchema,
  ImageRowSchema,
  MapManifestSchema,
  HistorySchema,
  SuiteFileSchema,
  SuiteSchema,
  VariantsSchema,
  ThresholdsFileSchema,
  NumberRowSchema,
  SweepRowSchema,
  DatasetCheckSchema,
  ServeDocumentSchema,
  EvidenceHeaderSchema,
  CompareDocumentSchema,
  RobustnessRowSchema,
];

/** What several schemas share, and how their `$defs` call it. */
const SHARED: Readonly<Record<string, TSchema>> = {
  Estimate: EstimateSchema,
  Gate: GateSchema,
  ChartFiles: ChartFilesSchema,
  Calibration: CalibrationSchema,
  Manifest: ManifestSchema,
  Distribution: SummarySchema,
  Difference: DifferenceSchema,
};

/** The text of a schema's file in `schemas/`. */
export function schemaText(schema: TSchema): string {
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...withDefinitions(schema, SHARED),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
