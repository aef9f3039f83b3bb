import { AssertionError } from 'chai';

type Api = {
  paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
};

const known = new Map<boolean, Promise<Api>>();

/** What a server says of itself; asked for once, since all servers say the same. */
export function description(url: string, secured: boolean): Promise<Api> {
  if (!known.has(secured))
    known.set(
      secured,
      fetch(`${url}/docs/json`).then(async (answer) => (await answer.json()) as Api),
    );
  return known.get(secured)!;
}

/**
 * Whatever a test makes a server answer has to stand in the description of the API: the status, and the problem's code.
 *
 * @param log - lines of a server's log
 * @throws {AssertionError} for an answer that is not described
 */
export function expectDocumented({ paths }: Api, log: readonly Record<string, unknown>[]): void {
  const codes = new Map(log.filter(({ code }) => code !== undefined).map(({ reqId, code }) => [reqId, code]));
  for (const { msg, reqId, method, route, status } of log) {
    if (msg !== 'answered') continue;
    const path = String(route).replace(/:(\w+)/g, '{$1}');
    const operation = paths[path]?.[String(method).toLowerCase()];
    const code = codes.get(reqId) as string | undefined;
    // Pages, wrong addresses, and answers that nobody was left to read.
    if (!operation || code === 'CLIENT_GONE') continue;
    const described = operation.responses[String(status)]?.description;
    const isKnown =
      described !== undefined && (Number(status) < 400 || code === undefined || described.includes(code));
    if (isKnown) continue;
    throw new AssertionError(
      `${String(method)} ${path} answered ${String(status)} ${code ?? ''}, which is not described (${described ?? 'no such status'}).`,
    );
  }
}
