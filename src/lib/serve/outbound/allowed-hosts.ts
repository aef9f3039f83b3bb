import ipaddr from 'ipaddr.js';
import { OfxError } from '../../core/errors.js';

export interface AllowedHosts {
  /** Names in lower case, `*.example.org` for all below one, with `:PORT` where it is not the scheme's own. */
  hosts: readonly string[];
  /** Private networks that these hosts may lie in, in the notation of CIDR. */
  networks: readonly string[];
}

export const NO_HOSTS: AllowedHosts = { hosts: [], networks: [] };

const HOST = /^(\*\.)?([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

/**
 * Lists of hosts and networks as people give them.
 *
 * @throws {OfxError} USAGE
 */
export function parseAllowedHosts(hosts: string | undefined, networks: string | undefined): AllowedHosts {
  const split = (text = ''): string[] =>
    text
      .toLowerCase()
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  const list = split(hosts);
  const bad = list.find((host) => !HOST.test(host));
  if (bad !== undefined) {
    throw new OfxError('USAGE', `"${bad}" is not a valid host to allow.`, {
      suggestion: 'Hosts are names without a scheme or path: images.example.org,*.example.com,minio:9000',
    });
  }
  const nets = split(networks);
  const wrong = nets.find((network) => !ipaddr.isValidCIDR(network));
  if (wrong !== undefined) {
    throw new OfxError('USAGE', `"${wrong}" is not a valid network.`, {
      suggestion: 'Networks are written as in 10.0.0.0/8 or fd00::/8, separated by commas.',
    });
  }
  return { hosts: list, networks: nets };
}

/**
 * Whether an address may be asked, by its name.
 *
 * @throws {OfxError} URL_NOT_ALLOWED
 */
export function checkUrl(text: string, { hosts }: AllowedHosts): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new OfxError('URL_NOT_ALLOWED', 'This is not a valid URL.', {
      suggestion: 'It looks like https://images.example.org/photo.jpg.',
    });
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw new OfxError('URL_NOT_ALLOWED', 'A URL here begins with https:// or http://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new OfxError('URL_NOT_ALLOWED', 'A URL here has no user name and no password.', {
      suggestion: 'Use a signed URL.',
    });
  }
  if (!hosts.some((allowed) => fits(url, allowed))) {
    throw new OfxError('URL_NOT_ALLOWED', `The host ${url.host} is not one that this server may ask.`, {
      suggestion: 'Whoever runs the server can allow it.',
    });
  }
  return url;
}

function fits({ host, hostname, port }: URL, allowed: string): boolean {
  const [, name, ownPort] = /^(.*?)(?::(\d+))?$/.exec(allowed)!;
  if (allowed.startsWith('[')) return allowed === host;
  if (port !== (ownPort ?? '')) return false;
  return name!.startsWith('*.') ? hostname.endsWith(name!.slice(1)) : hostname === name;
}

/**
 * Whether a connection to an IP address may be made. Only addresses of the open Internet may, and those of networks that are
 * allowed: a name can lead to anything, this very machine and the cloud's metadata included.
 */
export function isAllowedAddress(text: string, { networks }: AllowedHosts): boolean {
  if (!ipaddr.isValid(text)) return false;
  // An IPv4 address in the clothes of IPv6 leads to the same place.
  const address = ipaddr.process(text);
  if (address.range() === 'unicast') return true;
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match([base, bits] as never);
  });
}
