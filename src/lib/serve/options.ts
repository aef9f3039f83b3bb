import type { ImageLimits } from '../image/decode/samples.js';
import type { ModelReference } from '../model/catalogue.js';
import type { Precision } from '../model/manifest.js';
import type { GivenThresholds } from '../model/thresholds-file.js';
import type { JobSettings } from './jobs/settings.js';
import type { Token } from './access.js';

/** What a reload reads again. */
export interface Reloadable {
  /** The model that is used where a request names none. */
  model: ModelReference;
  /** Whoever shows one of them may ask; with none anybody may. */
  tokens: readonly Token[];
  /** Of the server's own network, in place of those in force. */
  thresholds?: GivenThresholds | undefined;
}

export interface ServeOptions {
  /** Called at the start and with every reload. */
  read: () => Promise<Reloadable>;
  /** Side of the model's input; the one nearest to the default where it is left out. */
  size?: number | undefined;
  precision?: Precision | undefined;
  /** What holds for the server's own network where a request says nothing; without, the thresholds in force. */
  scoreThreshold?: number | undefined;
  maskThreshold?: number | undefined;
  /** Regions with fewer pixels are dropped where a request says nothing. [0] */
  minArea?: number | undefined;
  /** Sources of evidence by name; those that each model's fusion names without. */
  evidence?: readonly string[] | undefined;
  /** Images that are worked on at once, each in a process of its own. */
  concurrency: number;
  /** Threads of one inference. */
  threads: number;
  /** Requests that may wait; the next one is refused. */
  queue: number;
  /** Requests a minute and client; 0 sets no limit. */
  rate: number;
  /** Whether the limit holds for requests that come from this machine itself, too. */
  ratesThisMachine: boolean;
  limits: ImageLimits;
  /** From the last byte of the upload to the answer, in milliseconds. */
  deadlineMs: number;
  /** From the first byte of a request to its last, in milliseconds. */
  uploadMs: number;
  recycle: RecyclingLimits;
  /** Whether there are tokens, which no reload changes. */
  secured: boolean;
  /** Proxies whose `X-Forwarded-For` is believed: addresses or networks, separated by commas. */
  trustProxy?: string | undefined;
  /** `redis://…` that servers share: jobs, rates and quotas; without, each process has its own. */
  redis?: string | undefined;
  /** Base URL of the collector that spans of requests are sent to; without, there are none. */
  otlpEndpoint?: string | undefined;
  /** Origins of pages that may use `/v1` from a browser. */
  origins?: readonly string[] | undefined;
  /** Where it differs from the defaults. */
  jobs?: Partial<JobSettings> | undefined;
}

/** When a worker is given up for a fresh one. */
export interface RecyclingLimits {
  /** After so many images. */
  images: number;
  /** Once its process holds more than this, in bytes. */
  rss: number;
}

/** Images in one request to `/v1/predict/batch`. */
export const LARGEST_BATCH = 16;
