import { Flags } from './oclif.js';
import { evidenceFlag, fractionFlag, modelFlag, threadsFlag } from './flags.js';
import { serveJobFlags } from './serve-job-flags.js';
import { sizeFlag } from './size-flag.js';

export const serveFlags = {
  ...serveJobFlags,
  port: Flags.integer({
    char: 'p',
    description: 'Port; 0 takes a free one',
    default: 8080,
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
  }),
  host: Flags.string({
    description: 'Address to listen on; 0.0.0.0 lets other machines in',
    default: '127.0.0.1',
    helpValue: 'HOST',
  }),
  model: modelFlag,
  size: sizeFlag('the model’s own, or 288, or the nearest'),
  precision: Flags.option({
    description: 'Of the network’s weights, where the model has several [default: fp32]',
    options: ['fp32', 'fp16', 'int8'] as const,
  })(),
  evidence: evidenceFlag,
  threshold: fractionFlag({
    description: 'Tampered where the score is larger and a request does not say [default: the model’s]',
  }),
  'mask-threshold': fractionFlag({
    description:
      'A pixel is marked where its probability is larger and a request does not say [default: the model’s]',
  }),
  'min-area': Flags.integer({
    description: 'Drop regions with fewer pixels where a request does not say',
    default: 0,
    min: 0,
    helpValue: 'PIXELS',
  }),
  thresholds: Flags.string({
    description:
      'File of thresholds as "ofx validate --calibrate --into FILE" writes it, in place of those in force',
    helpValue: 'FILE',
  }),
  threads: threadsFlag,
  concurrency: Flags.integer({
    char: 'c',
    description:
      'Concurrency: images at once, each in a process with a copy of the model [default: 2, 3 from three processors on]',
    min: 1,
    helpValue: 'N',
  }),
  queue: Flags.integer({
    description: 'Requests that may wait; the next one is told to come back',
    default: 16,
    min: 0,
    helpValue: 'N',
  }),
  rate: Flags.integer({
    description:
      'Requests a minute from one client; 0 sets no limit [default: 120 from other machines, no limit from this one]',
    min: 0,
    helpValue: 'N',
  }),
  'max-bytes': Flags.integer({
    description: 'Refuse larger images, in bytes',
    default: 100_000_000,
    min: 1,
    helpValue: 'BYTES',
  }),
  'max-pixels': Flags.integer({
    description: 'Refuse images with more pixels [default: 100 megapixels]',
    min: 1,
    helpValue: 'PIXELS',
  }),
  deadline: Flags.integer({
    description: 'Seconds within which an image that has arrived is answered',
    default: 30,
    min: 1,
    helpValue: 'SECONDS',
  }),
  'upload-timeout': Flags.integer({
    description: 'Seconds within which a request has to arrive',
    default: 60,
    min: 1,
    helpValue: 'SECONDS',
  }),
  'recycle-after': Flags.integer({
    description: 'Images after which a worker process is replaced by a fresh one',
    default: 5000,
    min: 1,
    helpValue: 'N',
  }),
  'worker-memory': Flags.integer({
    description:
      'Megabytes from which on a worker process is replaced by a fresh one [default: 1024, or its share of what the container has]',
    min: 1,
    helpValue: 'MB',
  }),
  'token-file': Flags.string({
    description:
      'File with bearer tokens, a line each: TOKEN, or NAME SCOPES TOKEN [quota=N/day]; requests to /v1, /metrics and /admin must show one',
    helpValue: 'FILE',
  }),
  'log-level': Flags.option({
    description: 'What is logged on stderr, and what weighs more; with --quiet errors only',
    options: ['debug', 'info', 'warn', 'error'] as const,
    default: 'info' as const,
  })(),
  'otlp-endpoint': Flags.string({
    description:
      'OpenTelemetry collector that traces of requests are sent to, by OTLP over HTTP [default: none]',
    helpValue: 'http://HOST:4318',
  }),
  'trust-proxy': Flags.string({
    description: 'Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas',
    helpValue: 'LIST',
  }),
};
