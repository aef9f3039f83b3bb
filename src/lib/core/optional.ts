import { OfxError, systemCode } from './errors.js';

/** npm packages that only some installations need, in the versions that are tested. */
const PACKAGES = {
  s3: { what: 's3://', install: '@aws-sdk/client-s3@3.1175.0' },
  redis: { what: 'Redis (--queue redis://, --redis)', install: 'bullmq@6.7.0 ioredis@6.0.0' },
  postgres: { what: '--queue postgres://', install: 'bullmq@6.7.0 pg@8.23.1' },
  opentelemetry: {
    what: '--otlp-endpoint',
    install:
      '@opentelemetry/api@1.9.1 @opentelemetry/exporter-trace-otlp-http@0.223.1 @opentelemetry/resources@2.12.1 @opentelemetry/sdk-trace-base@2.12.1',
  },
} as const;

/**
 * Loads what is installed only where it is used.
 *
 * @throws {OfxError} PACKAGE_MISSING with the line that installs it
 */
export async function loadOptional<T>(name: keyof typeof PACKAGES, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(systemCode(error) ?? '')) throw error;
    const { what, install } = PACKAGES[name];
    throw new OfxError('PACKAGE_MISSING', `${what} needs a package that is not installed.`, {
      suggestion: `npm install ${install} (with --global where ofx is installed so)`,
      cause: error,
    });
  }
}
