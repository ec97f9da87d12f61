// The series of the kill campaign: each has a number, which is its label `id`, and belongs to one
// tenant, perhaps one replica (a block label), and has samples of one kind.

import type { SampleKind } from '../expected-bits.ts';

/** The label that is lifted out of the series. */
export const LIFTED = 'replica';

/** Tenants and the replicas that each has: four streams. */
export const TENANTS: readonly { readonly tenant: string; readonly replicas: readonly string[] }[] =
  [
    { tenant: 'alpha', replicas: [''] },
    { tenant: 'beta', replicas: ['r1', 'r2'] },
    { tenant: 'gamma', replicas: [''] },
  ];

export interface FleetSeries {
  readonly id: number;
  readonly tenant: string;
  /** Empty when it has none. */
  readonly replica: string;
  readonly kind: SampleKind;
  /** By name, as they are sent. */
  readonly labels: readonly (readonly [string, string])[];
}

/** All series there ever were. */
export class Fleet {
  readonly #series: FleetSeries[] = [];

  get(id: number): FleetSeries | undefined {
    return this.#series[id];
  }

  /** A new series; `padding` makes its record in the log large. */
  add(tenantIndex: number, padding = ''): FleetSeries {
    const id = this.#series.length;
    const { tenant = '', replicas = [] } = TENANTS[tenantIndex % TENANTS.length] ?? {};
    const replica = replicas[id % replicas.length] ?? '';
    const labels: [string, string][] = [
      ['__name__', 'kills'],
      ['id', String(id)],
    ];
    if (padding !== '') labels.push(['padding', padding]);
    if (replica !== '') labels.push([LIFTED, replica]);
    const series = { id, tenant, replica, kind: kindOf(id), labels };
    this.#series.push(series);
    return series;
  }
}

function kindOf(id: number): SampleKind {
  const pick = id % 16;
  if (pick < 2) return 'integer';
  if (pick === 2) return 'float histogram';
  return pick === 3 ? 'custom buckets' : 'float';
}
