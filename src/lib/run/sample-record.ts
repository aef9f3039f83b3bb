import type { PlainError } from '../core/errors.js';
import type { FindingCode } from '../dataset/finding.js';
import type { Sample } from '../dataset/sample.js';
import type { ImageEvidence } from '../metrics/evidence.js';

/** Everything that one sample adds to a run; what the journal keeps. */
export type SampleRecord =
  | {
      kind: 'scored';
      evidence: ImageEvidence;
      width: number;
      height: number;
      /** Milliseconds of preprocessing and inference. */
      ms: number;
      imageSha256: string;
      maskSha256: string | null;
      findings: FindingCode[];
      category: Sample['category'];
      /** Of the image's file. */
      format: string | null;
      jpegQuality: number | null;
      /** Its probability map on disk, below the folder of maps. */
      map?: { file: string; sha256: string };
    }
  | {
      kind: 'failed';
      image: string;
      label: Sample['label'];
      category: Sample['category'];
      error: PlainError;
    };
