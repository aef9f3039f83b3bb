import { Flags } from './oclif.js';

/** Of `ofx serve`: what is worked on later, and what several servers share. */
export const serveJobFlags = {
  redis: Flags.string({
    description:
      'Redis that servers share for jobs, rates and quotas, and in which jobs outlive them [default: each process has its own]',
    helpValue: 'redis://HOST:PORT',
  }),
  'cors-origins': Flags.string({
    description:
      'Origins of web pages that may use /v1, separated by commas [default: none but its own page]',
    helpValue: 'LIST',
  }),
  jobs: Flags.integer({
    description: 'Jobs that may wait or run; the next one is told to come back',
    default: 100,
    min: 0,
    helpValue: 'N',
  }),
  'job-bytes': Flags.integer({
    description: 'Bytes of images that jobs may keep together until they are scored',
    default: 500_000_000,
    min: 1,
    helpValue: 'BYTES',
  }),
  'job-expiry': Flags.integer({
    description: 'Seconds for which an ended job and its results are kept',
    default: 3600,
    min: 1,
    helpValue: 'SECONDS',
  }),
  'job-hosts': Flags.string({
    description:
      'Hosts that jobs may fetch images from, separated by commas; *.example.org for all below one [default: none]',
    helpValue: 'LIST',
  }),
  'webhook-hosts': Flags.string({
    description: 'Hosts that may be told when a job has ended [default: none]',
    dependsOn: ['webhook-key-file'],
    helpValue: 'LIST',
  }),
  'webhook-key-file': Flags.string({
    description: 'File with keys that sign webhooks, a line each: whsec_ and Base64',
    helpValue: 'FILE',
  }),
  'private-networks': Flags.string({
    description: 'Private networks that these hosts may lie in, e.g. 10.0.0.0/8 [default: none]',
    helpValue: 'LIST',
  }),
};
