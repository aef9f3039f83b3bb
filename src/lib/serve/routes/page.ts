import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { cardDocument } from '../../casefile/html/card-page.js';
import { SHIPPED_SAMPLES, WEB_PAGE } from '../../core/paths.js';
import type { Service } from '../service.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
};

/** The card is somebody's text: it runs nothing and asks for nothing. */
const CARD_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `/`: the page for people, and sample photos to try it with. Each file is read once and has its own address, so that no
 * path from outside reaches the disk; and the card of the model, which the page refers to.
 */
export function pageRoutes(service: Service): FastifyPluginAsync {
  return async (app) => {
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
    // What the page says of the model at hand, offline as everything here.
    app.get('/card', { schema: { hide: true } }, async (_request, reply) => {
      const { facts, network } = service.current;
      return reply
        .type(TYPES['.html']!)
        .header('cache-control', 'no-cache')
        .header('content-security-policy', CARD_POLICY)
        .send(await cardDocument(network.identity.name, facts.card));
    });
  };
}
