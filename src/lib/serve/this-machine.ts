import type { FastifyRequest } from 'fastify';

/** What proxies add to what they pass on. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Whether an address is one at which only the machine itself is reached. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^(::ffff:)?127(\.\d+){3}$/.test(address);
}

/** Whether a request comes from a program of this machine for itself, and not from a proxy for somebody else. */
export function fromThisMachine({ ip, socket, headers }: FastifyRequest): boolean {
  const isPassedOn = PROXY_HEADERS.some((name) => headers[name] !== undefined);
  return !isPassedOn && isLoopback(ip) && isLoopback(socket.remoteAddress ?? '');
}
