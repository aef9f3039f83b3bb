import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { SHIPPED_SAMPLES, WEB_PAGE } from '../../core/paths.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
};

/**
 * `/`: the page for people, and sample photos to try it with. Each file is read once and has its own address, so that no
 * path from outside reaches the disk.
 */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  const files = await readdir(WEB_PAGE);
  const samples = (await readdir(SHIPPED_SAMPLES)).filter((name) => path.extname(name) === '.jpg');
  const addresses = new Map([
    ...files.map(
      (name) => [name === 'index.html' ? '/' : `/page/${name}`, path.join(WEB_PAGE, name)] as const,
    ),
    ...samples.map((name) => [`/samples/${name}`, path.join(SHIPPED_SAMPLES, name)] as const),
  ]);
  for (const [url, file] of addresses) {
    const content = await readFile(file);
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
  app.get('/samples', { schema: { hide: true } }, () => samples.map((name) => `/samples/${name}`));
};
