import { Type, type Static } from '@sinclair/typebox';
import { LatencySchema } from '../model/latency-file.js';
import { ManifestSchema, PrecisionSchema, VariantSchema } from '../model/manifest.js';
import { THRESHOLD_ORIGINS } from '../model/thresholds.js';

const Envelope = { schemaVersion: Type.Literal(1), ofx: Type.String() };

export const ListedModelSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  folder: Type.String(),
  description: Type.Optional(Type.String()),
  licence: Type.Optional(Type.String()),
  variants: Type.Array(VariantSchema),
  isDefault: Type.Boolean(),
});
export type ListedModel = Static<typeof ListedModelSchema>;

export const ModelsListSchema = Type.Object(
  { ...Envelope, models: Type.Array(ListedModelSchema) },
  { $id: 'models-list', title: 'Result of ofx models list --json' },
);

export const ModelsShowSchema = Type.Object(
  {
    ...Envelope,
    folder: Type.String(),
    manifest: ManifestSchema,
    card: Type.Optional(
      Type.String({
        description: 'With --card. Markdown: how good the model is, and where it must not be trusted',
      }),
    ),
    latency: Type.Optional(
      Type.Object(LatencySchema.properties, { description: 'As measured when the variants were made' }),
    ),
    thresholds: Type.Array(
      Type.Object({
        inputSize: Type.Integer(),
        precision: PrecisionSchema,
        evidence: Type.Array(Type.String(), {
          description: 'Sources that decide where nothing is asked for',
        }),
        score: Type.Number(),
        mask: Type.Number(),
        temperature: Type.Number(),
        origin: Type.Union(
          THRESHOLD_ORIGINS.map((origin) => Type.Literal(origin)),
          { description: 'Where they come from' },
        ),
      }),
      {
        description: 'In force for each variant: fitted by the user, else the manifest’s, else the defaults',
      },
    ),
  },
  { $id: 'models-show', title: 'Result of ofx models show --json' },
);
export type ShownModel = Omit<Static<typeof ModelsShowSchema>, keyof typeof Envelope>;

export const VerifiedVariantSchema = Type.Object({
  model: Type.String(),
  file: Type.String(),
  inputSize: Type.Integer(),
  precision: PrecisionSchema,
  ok: Type.Boolean(),
  problem: Type.Optional(Type.String()),
});
export type VerifiedVariant = Static<typeof VerifiedVariantSchema>;

export const ModelsVerifySchema = Type.Object(
  { ...Envelope, variants: Type.Array(VerifiedVariantSchema) },
  { $id: 'models-verify', title: 'Result of ofx models verify --json' },
);

export const ModelsExportSchema = Type.Object(
  {
    ...Envelope,
    name: Type.String(),
    version: Type.String(),
    folder: Type.String(),
    files: Type.Array(Type.String(), { description: 'Relative to the folder' }),
    fitted: Type.Integer({ minimum: 0, description: 'Entries of thresholds that were fitted here' }),
  },
  { $id: 'models-export', title: 'Result of ofx models export --json' },
);

export const ModelsResetSchema = Type.Object(
  { ...Envelope, name: Type.String(), removed: Type.Array(Type.String(), { description: 'Files' }) },
  { $id: 'models-reset', title: 'Result of ofx models reset --json' },
);

export const ModelsInstallSchema = Type.Object(
  { ...Envelope, name: Type.String(), version: Type.String(), folder: Type.String() },
  { $id: 'models-install', title: 'Result of ofx models install --json' },
);
