// Which requests go through a proxy, by the rules of Go's http.ProxyFromEnvironment (package
// golang.org/x/net/http/httpproxy, Config.NoProxy). Pure.
//
// `localhost` and loopback addresses are always asked directly. NO_PROXY is a list with commas:
// `example.com` is the name and all below it, `.example.com` and `*.example.com` only what is
// below, an address is itself, `10.0.0.0/8` a network, each with `:port` for one port only
// (networks excepted), and `*` is everything.

import { BlockList, isIP } from 'node:net';
import type { ProxyServer, StoreProxies } from '../config/store-proxies.ts';

/** Where a request is to go. */
export interface ProxyTarget {
  readonly tls: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The proxy for a target; undefined: it is asked directly. */
export type ChooseProxy = (target: ProxyTarget) => ProxyServer | undefined;

/** See the head of the file. */
export function proxyChooser({ http, https, noProxy }: StoreProxies): ChooseProxy {
  const isDirect = directRule(noProxy);
  const proxies = [http, https];
  return ({ tls, host, port }) => {
    const proxy = tls ? https : http;
    // A connection to a proxy is not led through one.
    const isProxy = proxies.some(
      (one) => one?.tls === tls && one.host === host && one.port === port,
    );
    return proxy === undefined || isProxy || isDirect(host, port) ? undefined : proxy;
  };
}

type DirectRule = (host: string, port: number) => boolean;

const LOOPBACK = networks(['127.0.0.0/8', '::1/128']);

function directRule(noProxy: string): DirectRule {
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  const rules = entries.includes('*') ? [() => true] : entries.flatMap(ruleOf);
  return (given, port) => {
    const host = given.toLowerCase();
    if (host === 'localhost' || contains(LOOPBACK, host)) return true;
    return rules.some((rule) => rule(host, port));
  };
}

/** None for an entry that says nothing. */
function ruleOf(entry: string): DirectRule[] {
  if (isNetwork(entry)) {
    const network = networks([entry]);
    return [(host) => contains(network, host)];
  }
  const { name, port } = split(entry);
  if (name === '') return [];
  const hasPort: DirectRule = (_, given) => port === '' || port === String(given);
  if (isIP(name) !== 0) {
    const address = networks([`${name}/${isIP(name) === 6 ? 128 : 32}`]);
    return [(host, given) => contains(address, host) && hasPort(host, given)];
  }
  const below = name.startsWith('*.') ? name.slice(1) : name;
  const isBelowOnly = below.startsWith('.');
  const suffix = isBelowOnly ? below : `.${below}`;
  return [
    (host, given) =>
      (host.endsWith(suffix) || (!isBelowOnly && host === below)) && hasPort(host, given),
  ];
}

/** `host:port` and `[::1]:port`; an address of version 6 without brackets has no port. */
function split(entry: string): { readonly name: string; readonly port: string } {
  const bracketed = /^\[(?<name>[^\]]*)\](?::(?<port>[^:]*))?$/.exec(entry)?.groups;
  if (bracketed !== undefined) return { name: bracketed.name ?? '', port: bracketed.port ?? '' };
  const parts = entry.split(':');
  const [name = '', port = ''] = parts;
  return parts.length === 2 ? { name, port } : { name: entry, port: '' };
}

function isNetwork(entry: string): boolean {
  const [address = '', bits = '', ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= (version === 6 ? 128 : 32);
}

function networks(list: readonly string[]): BlockList {
  const all = new BlockList();
  for (const one of list) {
    const [address = '', bits = ''] = one.split('/');
    all.addSubnet(address, Number(bits), familyOf(address));
  }
  return all;
}

/** False for names. */
function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
