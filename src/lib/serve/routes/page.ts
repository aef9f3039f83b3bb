import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { WEB_PAGE } from '../../paths.js';

/** The files of the page, and nothing else: no path from outside reaches the disk. */
const FILES: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'api.js': 'text/javascript; charset=utf-8',
  'viewer.js': 'text/javascript; charset=utf-8',
  'result.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** `/`: the page for people. */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  for (const [name, type] of Object.entries(FILES)) {
    const content = await readFile(path.join(WEB_PAGE, name));
    const url = name === 'index.html' ? '/' : `/page/${name}`;
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
};
