package main

import (
	"math"
	"math/rand"

	"github.com/prometheus/prometheus/model/histogram"
)

// Times begin here: a whole two hours.
const epoch = int64(1793836800000)

const stale = uint64(0x7ff0000000000002)

// A sample of any kind, with its start timestamp (0: none).
type sample struct {
	st, t int64
	v     float64
	h     *histogram.Histogram
	fh    *histogram.FloatHistogram
}

var awkwardBits = []uint64{
	0, 1 << 63, 1, 0x8000000000000001, 0x3ff0000000000000, 0xbff0000000000000,
	stale, stale, 0x7ff8000000000001, 0x7ff0000000000001, 0xfff8000000000000, 0xfff0000000000003,
	0x7fffffffffffffff, 0xffffffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
	0x7fefffffffffffff, 0xffefffffffffffff, 0x000fffffffffffff, 0x0010000000000000,
	0x7ff8000000000000, 0x7ff4000000000000, 0x7ff0000000000002, 0x7ff0000000000003,
	0x4340000000000000, 0x3fb999999999999a, 0x3fd3333333333333,
}

// The edges of every width that a difference of time steps can take, on both sides.
var steps = []int64{
	0, 1, -1, 4095, 4096, -4096, -4097, 8191, 8192, -8191, -8192, 65535, 65536, -65535, -65536,
	524287, 524288, -524288, -524289, 1 << 30, -(1 << 30), 1 << 40, -(1 << 40),
}

// Times whose differences of differences take each of `steps` after another, always rising.
func jumpingTimes(n int) []int64 {
	t, delta := epoch, int64(1)<<41
	times := []int64{t}
	for i := 1; i < n; i++ {
		step := steps[i%len(steps)]
		if i%len(steps) == 0 {
			step = int64(1)<<41 - delta
		}
		delta += step
		t += delta
		times = append(times, t)
	}
	return times
}

func steadyTimes(n int, every int64) []int64 {
	times := make([]int64, n)
	for i := range times {
		times[i] = epoch + int64(i)*every
	}
	return times
}

func jitteringTimes(n int, r *rand.Rand) []int64 {
	times := steadyTimes(n, 15000)
	for i := range times {
		times[i] += r.Int63n(12000)
	}
	return times
}

// How start timestamps go along a series: none, all the same, beginning late, ending early, …
var startPatterns = map[string]func(i int, t int64) int64{
	"none":      func(int, int64) int64 { return 0 },
	"constant":  func(int, int64) int64 { return epoch - 3600000 },
	"second":    func(i int, _ int64) int64 { return pick(i >= 1, epoch-1, 0) },
	"late":      func(i int, _ int64) int64 { return pick(i >= 7, epoch-60000, 0) },
	"ends":      func(i int, _ int64) int64 { return pick(i < 5, epoch-60000, 0) },
	"at126":     func(i int, _ int64) int64 { return pick(i >= 126, epoch-60000, 0) },
	"at127":     func(i int, _ int64) int64 { return pick(i >= 127, epoch-60000, 0) },
	"at128":     func(i int, _ int64) int64 { return pick(i >= 128, epoch-60000, 0) },
	"resets":    func(i int, _ int64) int64 { return epoch - 60000 + int64(i/11)*165000 },
	"delta":     func(i int, t int64) int64 { return t - 15000 },
	"flickers":  func(i int, t int64) int64 { return pick(i%3 != 0, t-1000, 0) },
	"widths":    func(i int, t int64) int64 { return t - (int64(1) << (uint(i) % 61)) - int64(i%7) },
	"extremes":  func(i int, _ int64) int64 { return []int64{1, -1, math.MaxInt64, math.MinInt64, 0}[i%5] },
	"extremes0": func(i int, _ int64) int64 { return []int64{math.MinInt64, math.MaxInt64}[i%2] },
}

func pick(yes bool, a, b int64) int64 {
	if yes {
		return a
	}
	return b
}

func floats(times []int64, start func(int, int64) int64, value func(i int) float64) []sample {
	made := make([]sample, len(times))
	for i, t := range times {
		made[i] = sample{st: start(i, t), t: t, v: value(i)}
	}
	return made
}

func counter(i int) float64   { return float64((i % 61) * 13) }
func constant(int) float64    { return 42.5 }
func awkward(i int) float64   { return math.Float64frombits(awkwardBits[i%len(awkwardBits)]) }
func staleRun(i int) float64  { return math.Float64frombits(pickBits(i%9 < 4, stale, uint64(i/9)<<40)) }
func firstGone(i int) float64 { return math.Float64frombits(pickBits(i == 0, stale, 0)) }

func pickBits(yes bool, a, b uint64) uint64 {
	if yes {
		return a
	}
	return b
}

// A histogram that grows with `i`: `shape` decides its schema, spans and bounds.
func intHistogram(i int, shape string) *histogram.Histogram {
	n := int64(i)
	h := &histogram.Histogram{
		Schema: 3, ZeroThreshold: 1e-128, ZeroCount: uint64(n / 3),
		Sum:             float64(n) * 1.25,
		PositiveSpans:   []histogram.Span{{Offset: -1, Length: 2}, {Offset: 2, Length: 3}},
		PositiveBuckets: []int64{1 + n, 2, -1, n, -n / 2},
	}
	switch shape {
	case "negative":
		h.NegativeSpans = []histogram.Span{{Offset: 3, Length: 1}, {Offset: 0, Length: 1}}
		h.NegativeBuckets = []int64{n, n * 2}
	case "growing":
		h.PositiveSpans = []histogram.Span{{Offset: 0, Length: uint32(1 + i/20)}}
		h.PositiveBuckets = make([]int64, 1+i/20)
		h.PositiveBuckets[0] = 1 + n
	case "custom":
		h.Schema, h.ZeroThreshold, h.ZeroCount = histogram.CustomBucketsSchema, 0, 0
		h.CustomValues = []float64{0.005, 0.1, 1.0 / 3, 2.5, 1e6}
		h.PositiveSpans = []histogram.Span{{Offset: 0, Length: 2}, {Offset: 1, Length: 3}}
	case "coarser":
		h.Schema = int32(4 - i/40)
		h.ZeroThreshold = math.Pow(2, float64(-10-i/40))
	case "gauge":
		h.CounterResetHint = histogram.GaugeType
		h.PositiveBuckets[0] = 1 + (n*7)%13
		h.ZeroCount = uint64((n * 5) % 9)
	case "resets":
		return withReset(intHistogram(i%23, ""), i > 0 && i%23 == 0)
	case "large":
		h.PositiveBuckets[0] = n << 42
	case "empty":
		h.PositiveSpans, h.PositiveBuckets, h.ZeroCount = nil, nil, uint64(n)
	}
	h.Count = h.ZeroCount
	for _, side := range [][]int64{h.PositiveBuckets, h.NegativeBuckets} {
		at := int64(0)
		for _, delta := range side {
			at += delta
			h.Count += uint64(at)
		}
	}
	return h
}

func withReset(h *histogram.Histogram, reset bool) *histogram.Histogram {
	if reset {
		h.CounterResetHint = histogram.CounterReset
	}
	return h
}

// Integer or float histograms of a shape; every 17th of "stale" is a stale marker.
func histograms(times []int64, start func(int, int64) int64, shape string, float bool) []sample {
	made := make([]sample, len(times))
	for i, t := range times {
		h := intHistogram(i, shape)
		if shape == "stale" && i%17 >= 15 || shape == "firststale" && i == 0 {
			h = &histogram.Histogram{Sum: math.Float64frombits(stale)}
		}
		made[i] = sample{st: start(i, t), t: t, h: h}
		if float {
			fh := h.ToFloat(nil)
			if shape == "awkwardsum" {
				fh.Sum = awkward(i)
				if math.Float64bits(fh.Sum) == stale {
					fh.Sum = 0
				}
			}
			made[i].h, made[i].fh = nil, fh
		}
	}
	return made
}
