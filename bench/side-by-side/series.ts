// The data of the side-by-side run: series as a Kubernetes cluster's targets expose them.
//
// A target (pod) has 1,000 series, each with 12 labels of about 300 bytes together, as Prometheus
// sends them with its external labels. Per target differ instance and pod, within it the name, path,
// method and code. Values: counters that rise by whole numbers, gauges with two decimals, some that
// stay as they are. Everything follows from the series' number and a fixed seed.

const SERIES_PER_TARGET = 1_000;
const NAMES_PER_TARGET = 50;

const SUBSYSTEMS = ['http', 'grpc_client', 'database', 'runtime', 'message_queue'];
const MEASURES = [
  'requests_handled_total',
  'request_duration_seconds_sum',
  'request_duration_seconds_count',
  'connections_open',
  'memory_allocated_bytes',
  'response_size_bytes_total',
  'errors_total',
  'queue_length',
  'cpu_seconds_total',
  'retries_total',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const CODES = ['200', '204', '404', '500', '503'];

/** Name and value of each label of series `number`, by name. */
export function labelsOf(number: number): readonly (readonly [string, string])[] {
  const target = Math.floor(number / SERIES_PER_TARGET);
  const local = number % SERIES_PER_TARGET;
  const name = local % NAMES_PER_TARGET;
  const rest = Math.floor(local / NAMES_PER_TARGET); // 0 … 19
  const subsystem = SUBSYSTEMS[Math.floor(name / MEASURES.length)];
  const pod = ((target * 2_654_435_761) % 0xffffffff).toString(36).padStart(7, 'x');
  return [
    ['__name__', `shop_${subsystem}_${MEASURES[name % MEASURES.length]}`],
    ['cluster', 'production-eu-central-1'],
    ['code', CODES[rest % CODES.length] ?? ''],
    ['container', `checkout-service-${target % 20}`],
    ['endpoint', 'http-metrics'],
    ['instance', `10.42.${(target >> 8) & 255}.${target & 255}:8080`],
    ['job', 'kubernetes-service-endpoints'],
    ['method', METHODS[Math.floor(rest / CODES.length)] ?? ''],
    ['namespace', 'shop-production'],
    ['pod', `checkout-service-${target % 20}-7d4b9c6f8-${pod}`],
    ['replica', 'prometheus-shop-production-0'],
    ['service', `checkout-service-${target % 20}-headless`],
  ];
}

/** The values of a set of series, one scrape after the other. */
export class Values {
  readonly #now: Float64Array;
  #state = 0x9e3779b9;

  constructor(series: number) {
    this.#now = new Float64Array(series);
    for (let i = 0; i < series; i++) this.#now[i] = Math.floor(this.#random() * 1e6);
  }

  /** The next value of a series: 6 of 10 are counters, 3 gauges, 1 stays. */
  next(series: number): number {
    const kind = (series * 7) % 10;
    const before = this.#now[series] ?? 0;
    let value = before;
    if (kind < 6) value = before + Math.floor(this.#random() * 50);
    else if (kind < 9) value = Math.round((before + (this.#random() - 0.5) * 20) * 100) / 100;
    this.#now[series] = value;
    return value;
  }

  /** xorshift32, in [0, 1). */
  #random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 0x1_0000_0000;
  }
}
